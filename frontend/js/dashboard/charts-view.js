/** The chosen room: its five charts over one time, and the same figures as a table. */

import { h, setAttributes, setText } from "../dom.js";
import { QUANTITIES } from "../iaq/quantities.js";
import { MeasurementTable } from "./measurement-table.js";
import { QuantityChart } from "./quantity-chart.js";

/** Seconds; Infinity shows everything the page holds. */
const RANGES = [900, 3600, Infinity];

export class ChartsView {
  #language;
  #name = h("h2", { class: "panel__title" });
  #place = h("p", { class: "panel__place" });
  #charts;
  #table;
  #seconds = 3600;
  /** @type {Map<number, HTMLButtonElement>} */ #ranges = new Map();
  /** @type {import("../model/store.js").Room | null} */ #room = null;
  #now = 0;
  node;

  /** @param {import("../i18n.js").Language} language */
  constructor(language) {
    this.#language = language;
    this.#charts = QUANTITIES.map((quantity) => new QuantityChart(quantity, language));
    this.#table = new MeasurementTable(language);
    for (const seconds of RANGES) this.#ranges.set(seconds, this.#rangeButton(seconds));
    this.node = h("section", { class: "panel charts", hidden: true, "aria-label": language.t("charts.title") },
      h("div", { class: "panel__head" },
        h("div", {}, this.#place, this.#name),
        h("div", { class: "segments", role: "group", "aria-label": language.t("charts.range") }, ...this.#ranges.values())),
      h("div", { class: "charts__grid" }, ...this.#charts.map((chart) => chart.node)),
      h("p", { class: "charts__hint" }, language.t("charts.hint")),
      this.#table.node);
  }

  /** @param {import("../model/store.js").Room | null} room @param {number} now */
  update(room, now) {
    this.#room = room;
    this.#now = now;
    this.node.hidden = room === null;
    if (!room) return;
    setText(this.#name, room.salle);
    setText(this.#place, room.enseigne);
    for (const [seconds, button] of this.#ranges) {
      setAttributes(button, { "aria-pressed": String(seconds === this.#seconds) });
    }
    const seconds = this.#seconds === Infinity ? held(room, now) : this.#seconds;
    for (const chart of this.#charts) chart.update(room.sensors, now, seconds);
    this.#table.update(room.sensors);
  }

  destroy() {
    for (const chart of this.#charts) chart.destroy();
  }

  /** @param {number} seconds */
  #rangeButton(seconds) {
    const key = seconds === Infinity ? "all" : String(seconds);
    const choose = () => {
      this.#seconds = seconds;
      this.update(this.#room, this.#now);
    };
    return h("button", { class: "segment", type: "button", onclick: choose }, this.#language.t(`charts.range.${key}`));
  }
}

/** @param {import("../model/store.js").Room} room @param {number} now */
function held(room, now) {
  const times = [...room.sensors.values()].flatMap(({ times: [first], last }) => (last ? [first, last.at] : []));
  return times.length ? Math.max(60, Math.max(now, ...times) - Math.min(...times)) : 3600;
}

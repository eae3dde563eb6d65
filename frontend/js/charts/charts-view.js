/** The chosen room: its five charts over one time, and the same figures as a table. */

import { h, setAttributes, setText } from "../page/dom.js";
import { QUANTITIES } from "../iaq/quantities.js";
import { timeWindow } from "./chart-data.js";
import { MeasurementTable } from "./measurement-table.js";
import { QuantityChart } from "./quantity-chart.js";

/** @type {import("../live/past.js").Range[]} */
const RANGES = [
  { seconds: 3600, steps: [] },
  { seconds: 86_400, steps: [300] },
  { seconds: 604_800, steps: [3600] },
  { seconds: 2_592_000, steps: [3600] },
  { seconds: 31_536_000, steps: [86_400, 3600] },
];

export class ChartsView {
  #language;
  #name = h("h2", { class: "panel__title" });
  #place = h("p", { class: "panel__place" });
  #charts;
  #table;
  #past;
  #range = RANGES[0];
  /** @type {Map<import("../live/past.js").Range, HTMLButtonElement>} */ #ranges = new Map();
  /** @type {import("../live/store.js").Room | null} */ #room = null;
  #now = 0;
  node;

  /** @param {import("../i18n/language.js").Language} language @param {import("../live/past.js").Past} past */
  constructor(language, past) {
    this.#language = language;
    this.#past = past;
    this.#charts = QUANTITIES.map((quantity) => new QuantityChart(quantity, language));
    this.#table = new MeasurementTable(language);
    for (const range of RANGES) this.#ranges.set(range, this.#rangeButton(range));
    this.node = h("section", { class: "panel charts", hidden: true, "aria-label": language.t("charts.title") },
      h("div", { class: "panel__head" },
        h("div", {}, this.#place, this.#name),
        h("div", { class: "segments", role: "group", "aria-label": language.t("charts.range") }, ...this.#ranges.values())),
      h("div", { class: "charts__grid" }, ...this.#charts.map((chart) => chart.node)),
      h("p", { class: "charts__hint" }, language.t("charts.hint")),
      this.#table.node);
  }

  /** @param {import("../live/store.js").Room | null} room @param {number} now */
  update(room, now) {
    this.#room = room;
    this.#now = now;
    this.node.hidden = room === null;
    if (!room) return;
    setText(this.#name, room.salle);
    setText(this.#place, room.enseigne);
    for (const [range, button] of this.#ranges) {
      setAttributes(button, { "aria-pressed": String(range === this.#range) });
    }
    const window = timeWindow(newest(room.sensors), now, this.#range.seconds);
    const sensors = this.#past.sensors(room, this.#range, window, now);
    for (const chart of this.#charts) chart.update(sensors, window);
    this.#table.update(sensors);
  }

  destroy() {
    for (const chart of this.#charts) chart.destroy();
  }

  /** @param {import("../live/past.js").Range} range */
  #rangeButton(range) {
    const choose = () => {
      this.#range = range;
      this.update(this.#room, this.#now);
    };
    return h("button", { class: "segment", type: "button", onclick: choose }, this.#language.t(`charts.range.${range.seconds}`));
  }
}

/** @param {Map<string, import("../live/series.js").Series>} sensors @returns {number | null} */
function newest(sensors) {
  const times = [...sensors.values()].flatMap(({ last }) => last?.at ?? []);
  return times.length ? Math.max(...times) : null;
}

/** One quantity of a room: what it should be, its last hour, what it is now and where it is heading. */

import { QUANTITIES, target } from "../iaq/quantities.js";
import { h, setAttributes, setText } from "../page/dom.js";
import { icon } from "../shell/icons.js";
import { recent, trend } from "./recent.js";
import { sparkline } from "./sparkline.js";

/** Seconds for which a line of an hour is still right. */
const REDRAW = 15;

export class Reading {
  #quantity;
  #language;
  #number = h("span", { class: "reading__number" });
  #heading = h("span", { class: "reading__trend" });
  #spark = h("span", { class: "reading__spark" });
  #drawnAt = -Infinity;
  /** The sensors' first points: history that comes later changes them. */
  #began = "";
  node;

  /** @param {import("../iaq/quantities.js").Quantity} quantity @param {import("../i18n/language.js").Language} language */
  constructor(quantity, language) {
    this.#quantity = quantity;
    this.#language = language;
    const { name } = quantity;
    this.node = h("div", { class: "reading" },
      h("dt", { title: language.t(`quantity.${name}.long`) },
        h("span", { class: "reading__name" }, language.t(`quantity.${name}`)),
        h("span", { class: "reading__target" }, targetWords(quantity, language))),
      h("dd", {}, this.#spark,
        h("span", { class: "reading__value" }, this.#number, " ", h("span", { class: "reading__unit" }, language.t(`unit.${name}`))),
        this.#heading));
  }

  /**
   * @param {import("./room-state.js").RoomState} state
   * @param {import("../live/store.js").Room} room
   * @param {number} now
   */
  update(state, room, now) {
    const { name, digits, span } = this.#quantity;
    const quantity = state.quantities[name];
    setAttributes(this.node, { "data-level": state.stale ? "stale" : quantity?.level ?? "stale" });
    setText(this.#number, quantity ? this.#language.number(quantity.value, digits) : "–");
    const began = [...room.sensors.values()].map(({ times }) => times[0]).join();
    if (now - this.#drawnAt < REDRAW && began === this.#began) return;
    this.#drawnAt = now;
    this.#began = began;
    const values = recent(room.sensors.values(), name, now);
    this.#spark.replaceChildren(sparkline(this.#quantity, values));
    this.#showTrend(state.stale ? null : trend(values, span));
  }

  /** @param {ReturnType<typeof trend>} heading */
  #showTrend(heading) {
    if (this.#heading.dataset.trend === (heading ?? "")) return;
    this.#heading.dataset.trend = heading ?? "";
    this.#heading.replaceChildren(...(heading === null ? [] : [
      icon(heading), h("span", { class: "hidden" }, this.#language.t(`trend.${heading}`)),
    ]));
  }
}

/** @returns {Reading[]} one for each quantity @param {import("../i18n/language.js").Language} language */
export function readings(language) {
  return QUANTITIES.map((quantity) => new Reading(quantity, language));
}

/** @param {import("../iaq/quantities.js").Quantity} quantity @param {import("../i18n/language.js").Language} language */
export function targetWords(quantity, language) {
  const { from, to } = target(quantity);
  const figure = (/** @type {number} */ value) => language.number(value, Number.isInteger(value) ? 0 : 1);
  return from === null
    ? language.t("target.most", { most: figure(to) })
    : language.t("target.between", { least: figure(from), most: figure(to) });
}

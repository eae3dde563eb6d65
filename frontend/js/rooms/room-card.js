/** One room: score, level in words, the five quantities, and how old all this is. */

import { h, setAttributes, setText } from "../page/dom.js";
import { QUANTITIES } from "../iaq/quantities.js";
import { ScoreRing } from "./score-ring.js";

/** @typedef {import("./room-state.js").RoomState} RoomState */

export class RoomCard {
  #language;
  #ring = new ScoreRing();
  #level = h("p", { class: "card__level" });
  #age = h("p", { class: "card__age" });
  /** @type {Map<string, {row: HTMLElement, value: HTMLElement}>} */ #values = new Map();
  #choose;
  node;

  /**
   * @param {object} options
   * @param {import("../i18n/language.js").Language} options.language
   * @param {string} options.name
   * @param {() => void} options.onChoose
   */
  constructor({ language, name, onChoose }) {
    this.#language = language;
    this.#choose = h("button", { class: "card__choose", type: "button", onclick: onChoose, "aria-pressed": "false" }, name);
    this.node = h("li", { class: "card" },
      h("div", { class: "card__head" },
        this.#ring.node,
        h("div", { class: "card__title" }, h("h3", {}, this.#choose), this.#level, this.#age)),
      h("dl", { class: "card__values" }, ...QUANTITIES.map(({ name: quantity }) => this.#row(quantity))));
  }

  /** @param {RoomState} state @param {boolean} chosen */
  update(state, chosen) {
    const language = this.#language;
    setAttributes(this.node, { "data-level": state.stale ? "stale" : state.level ?? "stale" });
    setAttributes(this.#choose, { "aria-pressed": String(chosen) });
    const { score } = state;
    this.#ring.update(score, score === null ? language.t("room.noScore") : language.t("room.score", { score }));
    setText(this.#level, levelWords(language, state));
    setText(this.#age, state.at === null ? "" : language.age(state.age));
    for (const { name, digits } of QUANTITIES) {
      const quantity = state.quantities[name];
      const { row, value } = /** @type {{row: HTMLElement, value: HTMLElement}} */ (this.#values.get(name));
      setAttributes(row, { "data-level": state.stale ? "stale" : quantity?.level ?? "stale" });
      setText(value, quantity ? language.number(quantity.value, digits) : "–");
    }
  }

  /** @param {string} quantity */
  #row(quantity) {
    const value = h("span", { class: "card__number" });
    const row = h("div", { class: "card__value" },
      h("dt", {}, this.#language.t(`quantity.${quantity}`)),
      h("dd", {}, value, " ", h("span", { class: "card__unit" }, this.#language.t(`unit.${quantity}`))));
    this.#values.set(quantity, { row, value });
    return row;
  }
}

/** @param {import("../i18n/language.js").Language} language @param {RoomState} state */
export function levelWords(language, state) {
  if (state.at === null) return language.t("room.never");
  if (state.stale) return language.t("room.stale");
  return state.level === null ? language.t("room.noScore") : language.t(`level.${state.level}`);
}

/** One room: score, level in words, what is the matter, the five quantities, and how old all this is. */

import { eventWords } from "../events/event-words.js";
import { h, setAttributes, setText } from "../page/dom.js";
import { openAlert } from "./open-alert.js";
import { readings } from "./reading.js";
import { ScoreRing } from "./score-ring.js";

/** @typedef {import("./room-state.js").RoomState} RoomState */

export class RoomCard {
  #language;
  #ring = new ScoreRing();
  #level = h("p", { class: "card__level" });
  #age = h("p", { class: "card__age" });
  #alert = h("p", { class: "card__alert" });
  #readings;
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
    this.#readings = readings(language);
    this.#choose = h("button", { class: "card__choose", type: "button", onclick: onChoose, "aria-pressed": "false" }, name);
    this.node = h("li", { class: "card" },
      h("div", { class: "card__head" },
        this.#ring.node,
        h("div", { class: "card__title" }, h("h3", {}, this.#choose), this.#level, this.#age)),
      this.#alert,
      h("dl", { class: "card__values" }, ...this.#readings.map(({ node }) => node)));
  }

  /**
   * @param {RoomState} state
   * @param {import("../live/store.js").Room} room
   * @param {boolean} chosen
   * @param {number} now
   */
  update(state, room, chosen, now) {
    const language = this.#language;
    setAttributes(this.node, { "data-level": state.stale ? "stale" : state.level ?? "stale" });
    setAttributes(this.#choose, { "aria-pressed": String(chosen) });
    const { score } = state;
    this.#ring.update(score, score === null ? language.t("room.noScore") : language.t("room.score", { score }));
    setText(this.#level, levelWords(language, state));
    setText(this.#age, ageWords(language, state));
    this.#showAlert(openAlert(room));
    for (const reading of this.#readings) reading.update(state, room, now);
  }

  /** @param {import("../transport/protocol.js").Message | null} alert */
  #showAlert(alert) {
    setAttributes(this.#alert, { "data-tone": alert?.severity });
    setText(this.#alert, alert === null ? "" : eventWords(this.#language, alert).title);
  }
}

/** @param {import("../i18n/language.js").Language} language @param {RoomState} state */
export function levelWords(language, state) {
  if (state.at === null) return language.t("room.never");
  if (state.stale) return language.t("room.stale");
  return state.level === null ? language.t("room.noScore") : language.t(`level.${state.level}`);
}

/** @param {import("../i18n/language.js").Language} language @param {RoomState} state @returns {string} and who is silent, where another speaks */
export function ageWords(language, { at, age, stale, silent }) {
  if (at === null) return "";
  return [language.age(age), !stale && silent > 0 && language.t("room.silent", { count: silent })].filter(Boolean).join(" · ");
}

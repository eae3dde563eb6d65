/** One room on the plan: a floor in the colour of its air, and its air in words. */

import { setAttributes, setText, svg } from "../page/dom.js";
import { levelWords } from "../rooms/room-card.js";
import { scaled } from "./pixels.js";

/** Letters that fit, largest first: what a room of this size takes, in pixels. */
const SIZES = [
  { width: 170, height: 150, name: 18, score: 44, level: 15 },
  { width: 96, height: 92, name: 15, score: 30, level: 13 },
  { width: 0, height: 0, name: 12, score: 17, level: 0 },
];
/** Width of a letter, as a part of its height. */
const LETTER = 0.56;
/** A room at least so wide tells its CO2 as well. */
const TELLS_CO2 = 230;

export class RoomShape {
  #language;
  #name;
  #score;
  #level;
  #co2;
  /** In pixels of the drawing. */
  area;
  node;

  /**
   * @param {object} options
   * @param {import("../i18n/language.js").Language} options.language
   * @param {import("./plan.js").PlanRoom} options.room
   * @param {number} options.cell pixels
   * @param {() => void} options.onChoose
   */
  constructor({ language, room, cell, onChoose }) {
    const { x, y, width, height } = (this.area = scaled(room, cell));
    this.#language = language;
    this.#name = room.salle;
    const type = SIZES.find((size) => width >= size.width && height >= size.height) ?? SIZES[2];
    const edge = Math.min(18, width * 0.09);
    const line = (/** @type {string} */ of, /** @type {number} */ size, /** @type {number} */ below) =>
      svg("text", { class: `plan__${of}`, x: x + edge, y: y + edge + below, "font-size": size });
    const name = line("name", type.name, type.name * 0.85);
    this.#score = line("score", type.score, type.name + type.score);
    this.#level = line("level", type.level, type.name + type.score + type.level * 1.5);
    this.#co2 = svg("text", { class: "plan__co2", x: x + width - edge, y: y + edge + type.name + type.score, "font-size": 14, "text-anchor": "end" });
    setText(name, shortened(room.salle, (width - 2 * edge) / (type.name * LETTER)));
    this.node = svg("g", {
      class: "plan__room", role: "button", tabindex: 0,
      onclick: onChoose,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        onChoose();
      },
    },
    svg("rect", { class: "plan__floor", x, y, width, height }),
    name, this.#score, type.level > 0 && this.#level, width >= TELLS_CO2 && this.#co2,
    svg("rect", { class: "plan__focus", x: x + 7, y: y + 7, width: width - 14, height: height - 14, rx: 6 }));
  }

  /** @param {import("../rooms/room-state.js").RoomState} state @param {boolean} chosen */
  update(state, chosen) {
    const language = this.#language;
    const { CO2 } = state.quantities;
    const level = levelWords(language, state);
    const co2 = CO2 ? `${language.t("quantity.CO2")} ${language.number(CO2.value, 0)} ${language.t("unit.CO2")}` : "";
    const score = state.score === null ? "" : language.t("room.score", { score: state.score });
    setText(this.#score, state.score === null ? "–" : String(state.score));
    setText(this.#level, level);
    setText(this.#co2, co2);
    setAttributes(this.node, {
      "data-level": state.stale ? "stale" : state.level ?? "stale",
      "aria-pressed": String(chosen),
      "aria-label": [this.#name, level, score, co2].filter(Boolean).join(", "),
    });
  }
}

/** @param {string} text @param {number} letters */
function shortened(text, letters) {
  return text.length <= letters ? text : `${text.slice(0, Math.max(1, Math.floor(letters) - 1))}…`;
}

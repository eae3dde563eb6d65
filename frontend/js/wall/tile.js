/** One room across the shop: its score, its level in a word, and the quantity that is the matter. */

import { QUANTITIES, subScore } from "../iaq/quantities.js";
import { h, setAttributes, setText } from "../page/dom.js";
import { openAlert } from "../rooms/open-alert.js";
import { Reading } from "../rooms/reading.js";
import { ageWords, levelWords } from "../rooms/room-card.js";
import { eventWords } from "../events/event-words.js";

/** What everybody looks for; what is the matter comes before. */
const USUAL = ["CO2", "Temperature", "Humidity"];
const SHOWN = 3;

export class Tile {
  #language;
  #score = h("p", { class: "tile__score" });
  #level = h("p", { class: "tile__level" });
  #note = h("p", { class: "tile__note" });
  #readings;
  node;

  /** @param {import("../i18n/language.js").Language} language @param {import("../rooms/rooms-view.js").RoomView} room */
  constructor(language, { enseigne, salle }) {
    this.#language = language;
    this.#readings = new Map(QUANTITIES.map((quantity) => [quantity.name, new Reading(quantity, language)]));
    this.node = h("li", { class: "tile" },
      h("div", { class: "tile__head" },
        h("div", {}, h("p", { class: "tile__place" }, enseigne), h("h2", { class: "tile__name" }, salle), this.#level),
        this.#score),
      h("dl", { class: "tile__readings" }, ...[...this.#readings.values()].map(({ node }) => node)),
      this.#note);
  }

  /** @param {import("../rooms/rooms-view.js").RoomView} room @param {number} now */
  update({ room, state }, now) {
    const language = this.#language;
    const alert = openAlert(room);
    setAttributes(this.node, { "data-level": state.stale ? "stale" : state.level ?? "stale" });
    setText(this.#score, state.score === null ? "–" : String(state.score));
    setText(this.#level, levelWords(language, state));
    setText(this.#note, [alert && eventWords(language, alert).title, ageWords(language, state)].filter(Boolean).join(" · "));
    const matter = worst(state);
    const named = [...new Set([matter, ...USUAL])].slice(0, SHOWN);
    for (const [name, reading] of this.#readings) {
      reading.update(state, room, now);
      reading.node.hidden = !named.includes(name);
      setAttributes(reading.node, { "data-matter": name === matter });
    }
  }
}

/** @param {import("../rooms/room-state.js").RoomState} state @returns {string} the quantity that takes most off the score */
function worst({ quantities }) {
  const scores = QUANTITIES.map((quantity) => {
    const known = quantities[quantity.name];
    return known ? subScore(quantity, known.value) : Infinity;
  });
  return QUANTITIES[scores.indexOf(Math.min(...scores))].name;
}

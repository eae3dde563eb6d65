/** All rooms, grouped by enseigne. Nodes stay in place, so that focus and reading position do. */

import { h } from "../page/dom.js";
import { QUANTITIES } from "../iaq/quantities.js";
import { targetWords } from "./reading.js";
import { RoomCard } from "./room-card.js";

/**
 * @typedef {{key: string, enseigne: string, salle: string,
 *   room: import("../live/store.js").Room, state: import("./room-state.js").RoomState}} RoomView
 */

export class RoomsView {
  #language;
  #onChoose;
  /** @type {Map<string, RoomCard>} */ #cards = new Map();
  #drawn = "";
  #groups = h("div", { class: "rooms__groups" });
  node;

  /**
   * @param {import("../i18n/language.js").Language} language
   * @param {(key: string) => void} onChoose
   */
  constructor(language, onChoose) {
    this.#language = language;
    this.#onChoose = onChoose;
    this.node = h("section", { class: "rooms", "aria-labelledby": "rooms-title" },
      h("h2", { id: "rooms-title", class: "hidden" }, language.t("rooms.title")), this.#groups);
  }

  /** @param {RoomView[]} rooms in order @param {string | null} chosen @param {number} now */
  update(rooms, chosen, now) {
    const drawn = JSON.stringify(rooms.map(({ key }) => key));
    if (drawn !== this.#drawn) this.#arrange(rooms);
    this.#drawn = drawn;
    for (const { key, state, room } of rooms) this.#cards.get(key)?.update(state, room, key === chosen, now);
  }

  /** @param {RoomView[]} rooms */
  #arrange(rooms) {
    const keys = new Set(rooms.map(({ key }) => key));
    for (const key of this.#cards.keys()) if (!keys.has(key)) this.#cards.delete(key);
    const groups = Map.groupBy(rooms, ({ enseigne }) => enseigne);
    const sections = [...groups].map(([enseigne, members]) =>
      h("section", { class: "group" },
        h("div", { class: "group__head" }, h("h2", { class: "group__name" }, enseigne), ...columnHeads(this.#language)),
        h("ul", { class: "group__cards" }, ...members.map((room) => this.#card(room).node))));
    const nothing = h("p", { class: "empty" }, this.#language.t("rooms.none"));
    this.#groups.replaceChildren(...(sections.length ? sections : [nothing]));
  }

  /** @param {RoomView} room */
  #card({ key, salle }) {
    let card = this.#cards.get(key);
    if (!card) {
      card = new RoomCard({ language: this.#language, name: salle, onChoose: () => this.#onChoose(key) });
      this.#cards.set(key, card);
    }
    return card;
  }
}

/** Seen where a room is a row; each figure says by itself what it is. @param {import("../i18n/language.js").Language} language */
function columnHeads(language) {
  return QUANTITIES.map((quantity) => h("p", { class: "group__column", "aria-hidden": "true" },
    language.t(`quantity.${quantity.name}`), " ", h("span", { class: "group__target" }, targetWords(quantity, language))));
}

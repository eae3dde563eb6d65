/** The one sentence that is read from across the shop, and the facts below it. */

import { h, setAttributes, setText } from "../page/dom.js";
import { overview } from "./overview.js";

/** Rooms named in the sentence; the rest are seen on their cards. */
const NAMED = 3;

/** @type {Record<string, string>} */
const LEVEL_OF_VERDICT = { act: "poor", watch: "moderate", good: "good", excellent: "excellent" };

export class OverviewView {
  #language;
  #verdict = h("h1", { class: "overview__verdict" });
  #facts = h("p", { class: "overview__facts" });
  node;

  /** @param {import("../i18n/language.js").Language} language */
  constructor(language) {
    this.#language = language;
    this.node = h("section", { class: "overview" }, h("div", { role: "status" }, this.#verdict), this.#facts);
  }

  /**
   * @param {{salle: string, state: import("./room-state.js").RoomState, room: import("../live/store.js").Room}[]} rooms
   * @param {number} now
   * @param {string} status the feed's
   */
  update(rooms, now, status) {
    const { t, list, age } = bound(this.#language);
    const { verdict, rooms: named, total, stale, newest } = overview(rooms);
    const unreachable = status === "denied" || (status === "offline" && verdict !== "act");
    // "Everywhere" is not said of rooms that nothing was heard from.
    const partial = stale > 0 && (verdict === "good" || verdict === "excellent") ? "Partly" : "";
    const key = unreachable ? status : verdict + partial;
    const words = { rooms: list(named.slice(0, NAMED)), count: total - stale, total };
    setText(this.#verdict, t(`overview.${key}`, words));
    setAttributes(this.node, { "data-level": unreachable ? "stale" : LEVEL_OF_VERDICT[verdict] ?? "stale" });
    const facts = [
      total > 0 && t("overview.rooms", { count: total }),
      stale > 0 && t("overview.staleRooms", { count: stale }),
      newest !== null && t("overview.newest", { age: age(Math.max(0, now - newest)) }),
    ];
    setText(this.#facts, facts.filter(Boolean).join(" · "));
  }
}

/** @param {import("../i18n/language.js").Language} language */
function bound(language) {
  return {
    t: language.t.bind(language),
    list: language.list.bind(language),
    age: language.age.bind(language),
  };
}

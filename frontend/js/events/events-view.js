/** What happened, newest first: alerts, actions, predictions, states of modules. */

import { h, setAttributes, setText } from "../page/dom.js";
import { time } from "../live/store.js";
import { icon } from "../shell/icons.js";
import { eventWords } from "./event-words.js";

/** @typedef {import("../transport/protocol.js").Message} Message */

const SHOWN = 40;
const KINDS = ["all", "alert", "action", "prediction", "module"];

export class EventsView {
  #language;
  #kind = "all";
  /** @type {Message[]} */ #events = [];
  /** Drawn entries, so that one that stays is not announced again. @type {Map<Message, {node: HTMLElement, age: HTMLElement}>} */
  #entries = new Map();
  #list = h("ol", {
    class: "events__list", tabindex: 0, "aria-labelledby": "events-title", "aria-live": "polite", "aria-relevant": "additions",
  });
  #nothing;
  /** @type {Map<string, HTMLButtonElement>} */ #filters = new Map();
  #now = 0;
  node;

  /** @param {import("../i18n/language.js").Language} language */
  constructor(language) {
    this.#language = language;
    this.#nothing = h("p", { class: "empty" }, language.t("events.none"));
    for (const kind of KINDS) this.#filters.set(kind, this.#filter(kind));
    this.node = h("section", { class: "panel events", "aria-labelledby": "events-title" },
      h("div", { class: "panel__head" }, h("h2", { id: "events-title", class: "panel__title" }, language.t("events.title"))),
      h("div", { class: "chips", role: "group", "aria-label": language.t("events.filter") }, ...this.#filters.values()),
      this.#nothing,
      this.#list);
  }

  /** @param {Message[]} events newest first @param {number} now */
  update(events, now) {
    this.#events = events;
    this.#now = now;
    const shown = events.filter(({ type }) => this.#kind === "all" || type === this.#kind).slice(0, SHOWN);
    const kept = new Set(shown);
    for (const [event, { node }] of this.#entries) {
      if (kept.has(event)) continue;
      node.remove();
      this.#entries.delete(event);
    }
    shown.forEach((event, index) => this.#place(event, index));
    this.#nothing.hidden = shown.length > 0;
    for (const [kind, button] of this.#filters) {
      setAttributes(button, { "aria-pressed": String(kind === this.#kind) });
    }
  }

  /** @param {Message} event @param {number} index */
  #place(event, index) {
    const entry = this.#entries.get(event) ?? this.#entry(event);
    this.#entries.set(event, entry);
    setText(entry.age, this.#language.age(Math.max(0, this.#now - time(event))));
    if (this.#list.children[index] !== entry.node) {
      this.#list.insertBefore(entry.node, this.#list.children[index] ?? null);
    }
  }

  /** @param {Message} event */
  #entry(event) {
    const { title, note, icon: name, tone } = eventWords(this.#language, event);
    const age = h("time", { class: "event__age", datetime: event.timestamp });
    const place = [event.enseigne, event.salle].filter(Boolean).join(", ");
    const node = h("li", { class: "event", "data-tone": tone },
      h("span", { class: "event__icon" }, icon(name)),
      h("div", { class: "event__text" },
        h("p", { class: "event__title" }, h("span", { class: "hidden" }, `${this.#language.t(`event.${event.type}`)} `), title),
        note && h("p", { class: "event__note" }, note),
        h("p", { class: "event__place" }, place, place && " · ", age)));
    return { node, age };
  }

  /** @param {string} kind */
  #filter(kind) {
    const choose = () => {
      this.#kind = kind;
      this.update(this.#events, this.#now);
    };
    const words = this.#language.t(kind === "all" ? "event.all" : `events.${kind}`);
    return h("button", { class: "chip", type: "button", onclick: choose }, words);
  }
}

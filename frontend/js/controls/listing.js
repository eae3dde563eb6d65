/** A table of which the gateway gives one page at a time. */

import { h } from "../page/dom.js";
import { Table } from "./table.js";

/**
 * @template Row
 * @typedef {object} Source
 * @property {(query: Record<string, string>, signal: AbortSignal) => Promise<any>} ask
 * @property {string} member where the answer has its rows
 * @property {"after" | "before"} cursor by what it goes on
 */

/** @template Row */
export class Listing {
  node;
  /** What the gateway answered last, beside the rows. @type {any} */ answer = null;
  #table;
  #source;
  #previous;
  #next;
  #pager;
  /** Where the page that is shown begins, and where those before it did; null: at the beginning. @type {(string | null)[]} */ #begins = [null];

  /**
   * @param {import("../i18n/language.js").Language} language
   * @param {import("./table.js").Look<Row>} look
   * @param {Source<Row> & {changed: () => void}} source `changed`: another page is wanted
   */
  constructor(language, look, source) {
    this.#source = source;
    this.#table = new Table(look);
    this.#previous = turn(language.t("control.previous"), () => this.#turnTo(this.#begins.slice(0, -1)));
    this.#next = turn(language.t("control.next"), () => this.#turnTo([...this.#begins, this.#follows()]));
    this.#pager = h("div", { class: "pager" }, this.#previous, this.#next);
    this.node = h("div", {}, this.#table.node, this.#pager);
    this.#offer();
  }

  /** Show the beginning again, e.g. of other rows. */
  rewind() {
    this.#begins = [null];
  }

  /** @param {AbortSignal} signal */
  async refresh(signal) {
    const begin = this.#begins.at(-1) ?? null;
    const query = begin === null ? {} : { [this.#source.cursor]: begin };
    const answer = await this.#source.ask(query, signal);
    if (signal.aborted) return;
    this.answer = answer;
    this.#table.update(this.answer[this.#source.member]);
    this.#offer();
  }

  /** @param {(string | null)[]} begins */
  #turnTo(begins) {
    this.#begins = begins;
    this.#source.changed();
  }

  /** @returns {string | null} */
  #follows() {
    return this.answer?.[this.#source.cursor] ?? null;
  }

  #offer() {
    this.#previous.disabled = this.#begins.length === 1;
    this.#next.disabled = this.#follows() === null;
    this.#pager.hidden = this.#previous.disabled && this.#next.disabled;
  }
}

/** @param {string} words @param {() => void} run */
function turn(words, run) {
  return h("button", { class: "small-button", type: "button", onclick: run }, words);
}

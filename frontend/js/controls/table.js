/** A table whose rows stay where they are while what they say changes: nothing flickers, and a focus is kept. */

import { h, setAttributes, setText } from "../page/dom.js";
import { menu } from "./menu.js";

/**
 * @typedef {{text: string, note?: string, tone?: "good" | "warning" | "bad" | "quiet"}} Shown
 * @typedef {{words: string, run: () => void, grave?: boolean}} Act `grave`: it takes something from somebody
 */

/**
 * @template Row
 * @typedef {object} Look
 * @property {string} caption
 * @property {string} empty what is said in place of no rows
 * @property {(row: Row) => string} key
 * @property {{title: string, show: (row: Row) => Shown}[]} columns the first names the row
 * @property {string} [actsTitle]
 * @property {(row: Row) => Act[]} [acts]
 */

/** @template Row */
export class Table {
  node;
  #look;
  #body = h("tbody");
  #empty;
  #table;
  /** @type {Map<string, Line<Row>>} */ #lines = new Map();

  /** @param {Look<Row>} look */
  constructor(look) {
    this.#look = look;
    const titles = look.columns.map(({ title }) => h("th", { scope: "col" }, title));
    if (look.acts) titles.push(h("th", { scope: "col", class: "list__acts" }, look.actsTitle ?? ""));
    this.#table = h("table", { class: "list" },
      h("caption", { class: "hidden" }, look.caption),
      h("thead", {}, h("tr", {}, ...titles)),
      this.#body);
    this.#empty = h("p", { class: "empty" }, look.empty);
    // Until the first answer nobody knows whether there is anything.
    this.#table.hidden = this.#empty.hidden = true;
    this.node = h("div", {}, this.#table, this.#empty);
  }

  /** @param {Row[]} rows */
  update(rows) {
    const keys = rows.map(this.#look.key);
    for (const [key, line] of this.#lines) {
      if (keys.includes(key)) continue;
      line.node.remove();
      this.#lines.delete(key);
    }
    rows.forEach((row, at) => {
      const line = this.#lines.get(keys[at]) ?? new Line(this.#look);
      this.#lines.set(keys[at], line);
      line.update(row);
      if (this.#body.children[at] !== line.node) this.#body.insertBefore(line.node, this.#body.children[at] ?? null);
    });
    this.#table.hidden = rows.length === 0;
    this.#empty.hidden = rows.length > 0;
  }
}

/** @template Row */
class Line {
  node = h("tr");
  #look;
  #cells;
  #acts = h("td", { class: "list__acts" });
  /** What can be done, with the row as it is now. @type {Act[]} */ #can = [];
  /** The same in words: as long as they are the same the buttons stay. */
  #offered = "";

  /** @param {Look<Row>} look */
  constructor(look) {
    this.#look = look;
    this.#cells = look.columns.map(({ title }, at) => {
      const text = h("span", { class: "list__text" });
      const note = h("span", { class: "list__note" });
      const cell = h(at === 0 ? "th" : "td", { "data-title": title, ...(at === 0 && { scope: "row" }) }, text, note);
      this.node.append(cell);
      return { text, note };
    });
    if (look.acts) this.node.append(this.#acts);
  }

  /** @param {Row} row */
  update(row) {
    this.#look.columns.forEach(({ show }, at) => {
      const { text, note = "", tone } = show(row);
      setText(this.#cells[at].text, text);
      setAttributes(this.#cells[at].text, { "data-tone": tone });
      setText(this.#cells[at].note, note);
    });
    this.#can = this.#look.acts?.(row) ?? [];
    const offered = JSON.stringify(this.#can.map(({ words }) => words));
    if (offered === this.#offered) return;
    this.#offered = offered;
    const held = this.#acts.contains(document.activeElement);
    const buttons = this.#can.map((act, at) => ({ ...act, run: () => this.#can[at].run() }));
    this.#acts.replaceChildren(...menu(buttons, this.#look.actsTitle ?? "", this.#cells[0].text.textContent ?? ""));
    if (held) this.#acts.querySelector("button")?.focus();
  }
}

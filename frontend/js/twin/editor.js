/** Drawing a plan: what is taken in hand, what was done and can be undone, by pointer or by key. */

import { h, setText } from "../page/dom.js";
import { KINDS, named, shifted, stretched, withFixture, withRoom, without } from "./edits.js";
import { Properties } from "./properties.js";
import { Sheet } from "./sheet.js";
import { icon } from "../shell/icons.js";

/** Changes that can be undone. */
const MOST_UNDONE = 100;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @typedef {import("./edits.js").Item} Item
 * @typedef {import("./plan.js").Plan} Plan
 */

export class PlanEditor {
  #language;
  #known;
  #plan;
  /** @type {Plan[]} */ #before = [];
  /** @type {Item | null} */ #taken = null;
  /** The plan when something was taken to be dragged. @type {Plan | null} */ #dragged = null;
  #sheet;
  #properties;
  #said = h("p", { class: "hidden", role: "status" });
  #undo;
  #fixtureButtons;
  node;

  /**
   * @param {object} options
   * @param {import("../i18n/language.js").Language} options.language
   * @param {string} options.enseigne
   * @param {Plan} options.plan
   * @param {{salles: string[], things: import("./things.js").Thing[]}} options.known
   */
  constructor({ language, enseigne, plan, known }) {
    const t = language.t.bind(language);
    this.#language = language;
    this.#known = known;
    this.#plan = plan;
    this.#properties = new Properties(language, {
      rename: (name) => this.#taken && this.#change(named(this.#plan, this.#taken, name)),
      remove: () => this.#remove(),
    });
    this.#sheet = new Sheet({
      take: (item) => this.#take(item),
      drag: (item, corner, dx, dy) => this.#drag(item, corner, dx, dy),
      drop: () => this.#drop(),
      key: (item, event) => this.#key(item, event),
    }, (of, item) => itemWords(language, of, item));
    this.#sheet.label = t("draw.sheet", { enseigne });
    this.#undo = tool("undo", t("draw.undo"), () => this.#takeBack());
    this.#fixtureButtons = KINDS.map((kind) => tool(kind, language.name("module", kind), () => this.#add(kind)));
    this.node = h("div", {
      class: "editor",
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        const typing = event.target instanceof HTMLInputElement;
        if (!typing && event.key.toLowerCase() === "z" && (event.ctrlKey || event.metaKey)) this.#takeBack();
      },
    },
    h("div", { class: "editor__tools", role: "group", "aria-label": t("draw.tools") },
      tool("room", t("draw.room"), () => this.#addRoom()), ...this.#fixtureButtons, this.#undo),
    this.#properties.node, this.#sheet.node,
    h("p", { class: "editor__hint" }, t("draw.hint")), this.#said);
    this.#draw();
  }

  /** As it is drawn now. */
  get plan() {
    return this.#plan;
  }

  destroy() {
    this.#sheet.destroy();
  }

  #draw() {
    this.#sheet.draw(this.#plan, this.#taken);
    this.#properties.show(this.#plan, this.#taken, this.#known);
    this.#undo.disabled = this.#before.length === 0;
    for (const button of this.#fixtureButtons) button.disabled = this.#plan.rooms.length === 0;
  }

  /** @param {Plan} plan @param {Item | null} [taken] from now on */
  #change(plan, taken = this.#taken) {
    if (JSON.stringify(plan) === JSON.stringify(this.#plan)) return;
    this.#remember(this.#plan);
    this.#plan = plan;
    this.#taken = taken;
    this.#draw();
    this.#say();
  }

  /** @param {Plan} plan */
  #remember(plan) {
    this.#before.push(plan);
    if (this.#before.length > MOST_UNDONE) this.#before.shift();
  }

  #takeBack() {
    const plan = this.#before.pop();
    if (!plan) return;
    this.#plan = plan;
    this.#taken = null;
    this.#draw();
    setText(this.#said, this.#language.t("draw.undone"));
  }

  /** @param {Item | null} item */
  #take(item) {
    this.#taken = item;
    this.#dragged = item && this.#plan;
    this.#draw();
  }

  /** @param {Item} item @param {boolean} corner @param {number} dx @param {number} dy */
  #drag(item, corner, dx, dy) {
    if (!this.#dragged) return;
    this.#plan = (corner ? stretched : shifted)(this.#dragged, item, dx, dy);
    this.#draw();
  }

  #drop() {
    const before = this.#dragged;
    this.#dragged = null;
    if (before && JSON.stringify(before) !== JSON.stringify(this.#plan)) this.#remember(before);
    this.#draw();
  }

  /** @param {Item} item @param {KeyboardEvent} event */
  #key(item, event) {
    const arrow = ARROWS[event.key];
    if (arrow) {
      event.preventDefault();
      const change = event.shiftKey && item.of === "rooms" ? stretched : shifted;
      this.#change(change(this.#plan, item, ...arrow), item);
    } else if (event.key === "Delete" || event.key === "Backspace") {
      event.preventDefault();
      this.#remove();
    } else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.#properties.focus();
    }
  }

  #addRoom() {
    const drawn = new Set(this.#plan.rooms.map(({ salle }) => salle));
    const made = (/** @type {number} */ number) => this.#language.t("draw.newRoom", { number });
    const number = Array.from({ length: drawn.size + 1 }, (_, i) => i + 1).find((n) => !drawn.has(made(n))) ?? 1;
    const salle = this.#known.salles.find((each) => !drawn.has(each)) ?? made(number);
    this.#change(withRoom(this.#plan, salle), { of: "rooms", index: this.#plan.rooms.length });
    this.#properties.focus();
  }

  /** In the room that is taken, else in the first: where it should be is one drag away. @param {string} kind */
  #add(kind) {
    const room = this.#taken?.of === "rooms" ? this.#taken.index : 0;
    const item = { of: /** @type {const} */ ("fixtures"), index: this.#plan.fixtures.length };
    const drawn = new Set(this.#plan.fixtures.map(({ id }) => id));
    const free = this.#known.things.find((thing) => thing.kind === kind && !drawn.has(thing.id));
    const plan = withFixture(this.#plan, kind, room);
    this.#change(free ? named(plan, item, free.id) : plan, item);
    this.#sheet.focus(item);
  }

  #remove() {
    if (this.#taken) this.#change(without(this.#plan, this.#taken), null);
  }

  #say() {
    setText(this.#said, this.#taken ? itemWords(this.#language, this.#plan, this.#taken) : "");
  }
}

/** @param {import("../i18n/language.js").Language} language @param {Plan} plan @param {Item} item */
function itemWords(language, { rooms, fixtures }, { of, index }) {
  if (of === "rooms") {
    const { salle, x, y, width, height } = rooms[index];
    return language.t("draw.roomAt", { salle, x, y, width, height });
  }
  const { kind, id, x, y } = fixtures[index];
  return language.t("draw.fixtureAt", { name: [language.name("module", kind), id].filter(Boolean).join(" "), x, y });
}

/** @param {string} picture @param {string} words @param {() => void} run */
function tool(picture, words, run) {
  return h("button", { class: "editor__tool", type: "button", onclick: run }, icon(picture), words);
}

/** The sheet on which a plan is drawn: rooms and fixtures to be taken by pointer or by key. */

import { h, svg } from "../page/dom.js";
import { FixtureShape } from "./fixture-shape.js";
import { GRID, extent, overlap } from "./plan.js";
import { line, scaled } from "./pixels.js";
import { OPENINGS, middleOf, openingOf, wallsOf } from "./walls.js";

/** Cells. */
const LEAST = { width: 32, height: 20 };
const ROOM_TO_GROW = 5;
/** Pixels around a point in which a finger finds it. */
const REACH = 17;

/**
 * @typedef {import("./edits.js").Item} Item
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {object} Hands
 * @property {(item: Item | null) => void} take
 * @property {(item: Item, corner: boolean, dx: number, dy: number) => void} drag so far, in cells
 * @property {() => void} drop
 * @property {(item: Item, event: KeyboardEvent) => void} key
 */

export class Sheet {
  #hands;
  #words;
  #drawing = svg("svg", {
    class: "sheet__drawing", role: "group",
    onpointerdown: (/** @type {PointerEvent} */ event) => this.#down(event),
    onpointermove: (/** @type {PointerEvent} */ event) => this.#move(event),
    onpointerup: () => this.#up(),
    onpointercancel: () => this.#up(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => this.#key(event),
    onfocusin: (/** @type {FocusEvent} */ event) => this.#focused(event),
  });
  #cell = 1;
  #grid = "";
  /** @type {{item: Item, corner: boolean, x: number, y: number} | null} */ #drag = null;
  /** @type {{plan: Plan, taken: Item | null} | null} */ #shown = null;
  node = h("div", { class: "sheet" }, this.#drawing);
  #resized = new ResizeObserver(() => this.#shown && this.draw(this.#shown.plan, this.#shown.taken));

  /** @param {Hands} hands @param {(plan: Plan, item: Item) => string} words what an item is called */
  constructor(hands, words) {
    this.#hands = hands;
    this.#words = words;
    this.#resized.observe(this.node);
  }

  /** @param {string} words */
  set label(words) {
    this.#drawing.setAttribute("aria-label", words);
  }

  /** @param {Plan} plan @param {Item | null} taken */
  draw(plan, taken) {
    this.#shown = { plan, taken };
    const focused = this.#drawing.contains(document.activeElement);
    if (!this.#drag) this.#measure(plan.rooms);
    const { rooms, fixtures } = plan;
    const openings = fixtures.map((fixture) => (fixture.kind in OPENINGS ? openingOf(rooms, fixture) : null));
    const walls = wallsOf(rooms, openings.flatMap((opening) => opening ?? []));
    this.#drawing.replaceChildren(
      svg("path", { class: "sheet__grid", d: this.#grid }),
      ...rooms.map((_, index) => this.#room(plan, { of: "rooms", index }, taken)),
      svg("path", { class: "plan__wall", d: walls.map((wall) => line(wall, this.#cell)).join("") }),
      ...fixtures.map((_, index) => this.#fixture(plan, { of: "fixtures", index }, taken, openings[index])),
      ...(taken?.of === "rooms" ? [this.#corner(plan, taken)] : []),
    );
    if (focused && taken) this.focus(taken);
  }

  /** @param {Item} item */
  focus(item) {
    const node = this.#drawing.querySelector(`[data-item="${nameOf(item)}"]`);
    if (node !== document.activeElement) /** @type {SVGElement | null} */ (node)?.focus({ preventScroll: true });
  }

  destroy() {
    this.#resized.disconnect();
  }

  /** @param {import("./plan.js").PlanRoom[]} rooms */
  #measure(rooms) {
    const around = extent(rooms);
    const width = Math.min(GRID, Math.max(LEAST.width, around.x + around.width + ROOM_TO_GROW));
    const height = Math.min(GRID, Math.max(LEAST.height, around.y + around.height + ROOM_TO_GROW));
    this.#cell = Math.max(1, this.node.clientWidth) / width;
    const [right, bottom] = [width * this.#cell, height * this.#cell];
    this.#drawing.setAttribute("viewBox", `0 0 ${right} ${bottom}`);
    const lines = (/** @type {number} */ count, /** @type {(at: number) => string} */ each) =>
      Array.from({ length: count + 1 }, (_, i) => each(i * this.#cell)).join("");
    this.#grid = lines(width, (x) => `M${x} 0V${bottom}`) + lines(height, (y) => `M0 ${y}H${right}`);
  }

  /** @param {Plan} plan @param {Item} item @param {Item | null} taken */
  #room(plan, item, taken) {
    const room = plan.rooms[item.index];
    const area = scaled(room, this.#cell);
    const clash = plan.rooms.some((other) => other !== room && overlap(other, room));
    return svg("g", { ...this.#handle(plan, item, taken), "data-clash": clash },
      svg("rect", { class: "sheet__floor", ...area }),
      svg("text", { class: "plan__name", x: area.x + 12, y: area.y + 24, "font-size": 15 }, room.salle));
  }

  /** @param {Plan} plan @param {Item} item @param {Item | null} taken @param {import("./walls.js").Opening | null} opening */
  #fixture(plan, item, taken, opening) {
    const fixture = plan.fixtures[item.index];
    const { x, y } = opening ? middleOf(opening) : fixture;
    const [cx, cy] = [x * this.#cell, y * this.#cell];
    return svg("g", this.#handle(plan, item, taken),
      svg("circle", { class: "sheet__reach", cx, cy, r: REACH }),
      new FixtureShape(fixture, opening, this.#cell).node);
  }

  /** @param {Plan} plan @param {Item} item */
  #corner({ rooms }, item) {
    const { x, y, width, height } = scaled(rooms[item.index], this.#cell);
    return svg("g", { class: "sheet__corner", "data-corner": nameOf(item), "aria-hidden": "true" },
      svg("circle", { class: "sheet__reach", cx: x + width, cy: y + height, r: REACH }),
      svg("rect", { x: x + width - 7, y: y + height - 7, width: 14, height: 14, rx: 4 }));
  }

  /** @param {Plan} plan @param {Item} item @param {Item | null} taken */
  #handle(plan, item, taken) {
    const isTaken = taken !== null && nameOf(item) === nameOf(taken);
    return {
      class: `sheet__item sheet__item--${item.of}`, "data-item": nameOf(item), role: "button", tabindex: 0,
      "aria-pressed": String(isTaken), "aria-label": this.#words(plan, item),
    };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    const target = /** @type {Element} */ (event.target);
    const corner = target.closest("[data-corner]");
    const name = corner?.getAttribute("data-corner") ?? target.closest("[data-item]")?.getAttribute("data-item");
    const item = itemOf(name);
    if (item) {
      event.preventDefault();
      this.#drawing.setPointerCapture(event.pointerId);
      this.#drag = { item, corner: corner !== null, x: event.clientX, y: event.clientY };
    }
    this.#hands.take(item);
    if (item) this.focus(item);
  }

  /** @param {PointerEvent} event */
  #move({ clientX, clientY }) {
    if (!this.#drag) return;
    const { item, corner, x, y } = this.#drag;
    this.#hands.drag(item, corner, (clientX - x) / this.#cell, (clientY - y) / this.#cell);
  }

  #up() {
    if (!this.#drag) return;
    this.#drag = null;
    this.#hands.drop();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const item = itemUnder(event);
    if (item) this.#hands.key(item, event);
  }

  /** @param {FocusEvent} event */
  #focused(event) {
    const item = itemUnder(event);
    const taken = this.#shown?.taken;
    if (item && (!taken || nameOf(item) !== nameOf(taken))) this.#hands.take(item);
  }
}

/** @param {Item} item */
function nameOf({ of, index }) {
  return `${of}-${index}`;
}

/** @param {string | null | undefined} name @returns {Item | null} */
function itemOf(name) {
  const [of, index] = (name ?? "").split("-");
  return of === "rooms" || of === "fixtures" ? { of, index: Number(index) } : null;
}

/** @param {Event} event */
function itemUnder({ target }) {
  return itemOf(/** @type {Element} */ (target).closest("[data-item]")?.getAttribute("data-item"));
}

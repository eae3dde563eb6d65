/** A window, a door or a module on the plan: where it stands, and what it is doing. */

import { setAttributes, setText, svg } from "../page/dom.js";
import { icon } from "../shell/icons.js";
import { thingWords } from "./things.js";
import { middleOf } from "./walls.js";

/** Pixels, however large the plan is. */
const CHIP = 13;
const ICON = 16;

export class FixtureShape {
  #title = svg("title");
  node;

  /**
   * @param {import("./plan.js").Fixture} fixture
   * @param {import("./walls.js").Opening | null} opening where it stands in a wall
   * @param {number} cell pixels
   */
  constructor({ kind, x, y }, opening, cell) {
    const drawing = opening ? openings(kind, opening, cell) : [
      svg("circle", { class: "fixture__ground", r: CHIP }),
      picture(kind),
    ];
    this.node = svg("g", {
      class: `fixture fixture--${opening ? "opening" : "chip"}`, "data-kind": kind,
      transform: opening ? frame(opening, cell) : `translate(${x * cell} ${y * cell})`,
    }, this.#title, ...drawing);
  }

  /** @param {import("./things.js").Thing | undefined} thing none: it is only drawn @param {import("../i18n/language.js").Language} language */
  update(thing, language) {
    setText(this.#title, thing ? thingWords(thing, language) : "");
    setAttributes(this.node, { "data-state": thing?.state, "data-active": String(thing?.active ?? false), "data-silent": String(thing?.silent ?? false) });
  }
}

/** @param {string} kind */
function picture(kind) {
  const drawn = icon(kind);
  setAttributes(drawn, { x: -ICON / 2, y: -ICON / 2, width: ICON, height: ICON });
  return drawn;
}

/**
 * Its own frame: along the wall to the right, into the room downwards.
 * @param {import("./walls.js").Opening} opening
 * @param {number} cell
 */
function frame(opening, cell) {
  const { x, y } = middleOf(opening);
  const turned = opening.vertical ? -90 * opening.inward : 90 - 90 * opening.inward;
  return `translate(${x * cell} ${y * cell}) rotate(${turned})`;
}

/** @param {string} kind @param {import("./walls.js").Opening} opening @param {number} cell */
function openings(kind, { from, to }, cell) {
  const length = (to - from) * cell;
  const half = length / 2;
  if (kind === "door") {
    return [
      svg("path", { class: "fixture__swing", d: `M${-half} ${length}A${length} ${length} 0 0 0 ${half} 0` }),
      svg("path", { class: "fixture__leaf fixture__leaf--open", d: `M${-half} 0v${length}` }),
      svg("path", { class: "fixture__leaf fixture__leaf--closed", d: `M${-half} 0h${length}` }),
    ];
  }
  const [along, out] = [half * 0.5, half * 0.86]; // 60° outwards
  return [
    svg("rect", { class: "fixture__glass", x: -half, y: -3, width: length, height: 6 }),
    svg("path", { class: "fixture__leaf fixture__leaf--closed", d: `M${-half} 0h${length}` }),
    svg("path", { class: "fixture__leaf fixture__leaf--open", d: `M${-half} 0l${along} ${-out}M${half} 0l${-along} ${-out}` }),
  ];
}

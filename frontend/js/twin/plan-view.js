/** The plan of one enseigne. */

import { h, svg } from "../page/dom.js";
import { CORRIDOR, MARGIN, layOut } from "./layout.js";
import { RoomShape } from "./room-shape.js";

/** Width of a plan in its own units: letters keep their size, rooms take what there is. */
const WIDE = 800;
const NARROW = 340;

/** @typedef {import("../rooms/rooms-view.js").RoomView} RoomView */

export class PlanView {
  #language;
  #onChoose;
  #enseigne;
  /** @type {Map<string, RoomShape>} */ #shapes = new Map();
  #drawn = "";
  #canvas = h("div", { class: "plan__canvas" });
  node;

  /**
   * @param {object} options
   * @param {import("../i18n/language.js").Language} options.language
   * @param {string} options.enseigne
   * @param {(key: string) => void} options.onChoose
   */
  constructor({ language, enseigne, onChoose }) {
    this.#language = language;
    this.#enseigne = enseigne;
    this.#onChoose = onChoose;
    this.node = h("section", { class: "plan" }, h("h2", { class: "group__name" }, enseigne), this.#canvas);
  }

  /**
   * @param {RoomView[]} rooms of this enseigne, in order
   * @param {(key: string) => import("../live/store.js").Message[]} modulesOf
   * @param {string | null} chosen
   * @param {number} columns
   */
  update(rooms, modulesOf, chosen, columns) {
    const drawn = JSON.stringify([columns, rooms.map(({ key }) => key)]);
    if (drawn !== this.#drawn) this.#draw(rooms, columns);
    this.#drawn = drawn;
    for (const { key, state } of rooms) this.#shapes.get(key)?.update(state, modulesOf(key), key === chosen);
  }

  /** @param {RoomView[]} rooms @param {number} columns */
  #draw(rooms, columns) {
    const { width, height, places, corridors } = layOut(rooms.length, columns, columns > 1 ? WIDE : NARROW);
    this.#shapes = new Map(rooms.map(({ key, salle }, i) => [key, new RoomShape({
      language: this.#language, name: salle, place: places[i], onChoose: () => this.#onChoose(key),
    })]));
    this.#canvas.replaceChildren(svg("svg", {
      class: "plan__drawing", viewBox: `0 0 ${width} ${height}`, role: "group",
      "aria-label": this.#language.t("twin.plan", { enseigne: this.#enseigne }),
    },
    ...corridors.map((y) => svg("rect", { class: "plan__corridor", x: MARGIN, y, width: width - 2 * MARGIN, height: CORRIDOR })),
    ...corridors.map((y) => svg("path", { class: "plan__wall", d: ends(y, width, y + CORRIDOR + MARGIN >= height) })),
    ...[...this.#shapes.values()].map(({ node }) => node)));
  }
}

/**
 * @param {number} y upper edge of a corridor
 * @param {number} width of the plan
 * @param {boolean} last no rooms on its other side
 * @returns {string} its walls: open to the street at the left
 */
function ends(y, width, last) {
  const right = width - MARGIN;
  const bottom = y + CORRIDOR;
  return last ? `M${right} ${y}V${bottom}H${MARGIN}` : `M${right} ${y}V${bottom}`;
}

/** The plan of one enseigne, live. */

import { h, svg } from "../page/dom.js";
import { roomKey } from "../live/store.js";
import { roomState } from "../rooms/room-state.js";
import { FixtureShape } from "./fixture-shape.js";
import { layOut } from "./layout.js";
import { extent, withTheRest } from "./plan.js";
import { line, scaled } from "./pixels.js";
import { placed } from "./placing.js";
import { RoomShape } from "./room-shape.js";
import { OPENINGS, openingOf, wallsOf } from "./walls.js";

/** Cells around the rooms, where windows swing. */
const AROUND = 1.2;
/** Pixels. */
const LARGEST_CELL = 30;
const LEAST_ROOM = 220;
const NOBODY = { sensors: new Map(), modules: new Map() };

/**
 * @typedef {import("../rooms/rooms-view.js").RoomView} RoomView
 * @typedef {import("./things.js").Thing} Thing
 * @typedef {object} Shown
 * @property {import("./plan.js").Plan | null} drawn null: nobody drew it
 * @property {RoomView[]} rooms those of this enseigne that are known, in order
 * @property {Map<string, Thing[]>} things by room
 * @property {string | null} chosen
 * @property {number} now
 */

export class PlanView {
  #language;
  #onChoose;
  #enseigne;
  /** @type {Map<string, RoomShape>} */ #rooms = new Map();
  /** @type {{shape: FixtureShape, id: string | undefined}[]} */ #fixtures = [];
  #drawn = "";
  #width = 0;
  /** @type {Shown | null} */ #shown = null;
  node = h("div", { class: "plan__canvas" });
  #resized = new ResizeObserver(([{ contentRect }]) => {
    this.#width = contentRect.width;
    if (this.#shown) this.update(this.#shown);
  });

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
    this.#resized.observe(this.node);
  }

  /** @param {Shown} shown */
  update(shown) {
    this.#shown = shown;
    if (this.#width === 0) return;
    const plan = planOf(shown, this.#width);
    const drawn = JSON.stringify([this.#width, plan]);
    if (drawn !== this.#drawn) this.#draw(plan);
    this.#drawn = drawn;
    const known = new Map(shown.rooms.map((room) => [room.salle, room]));
    for (const [salle, shape] of this.#rooms) {
      const room = known.get(salle);
      shape.update(room?.state ?? roomState(NOBODY, shown.now), room !== undefined && room.key === shown.chosen);
    }
    const things = new Map([...shown.things.values()].flat().map((thing) => [thing.id, thing]));
    for (const { shape, id } of this.#fixtures) shape.update(things.get(id ?? ""), this.#language);
  }

  destroy() {
    this.#resized.disconnect();
  }

  /** @param {import("./plan.js").Plan} plan */
  #draw({ rooms, fixtures }) {
    const around = extent(rooms);
    const cell = Math.min(LARGEST_CELL, this.#width / (around.width + 2 * AROUND));
    const [x, y, width, height] = [around.x - AROUND, around.y - AROUND, around.width + 2 * AROUND, around.height + 2 * AROUND]
      .map((cells) => cells * cell);
    this.#rooms = new Map(rooms.map((room) => [room.salle, this.#room(room, cell)]));
    const standing = fixtures.map((fixture) => ({ fixture, opening: fixture.kind in OPENINGS ? openingOf(rooms, fixture) : null }));
    this.#fixtures = standing.map(({ fixture, opening }) => ({ id: fixture.id, shape: new FixtureShape(fixture, opening, cell) }));
    const walls = wallsOf(rooms, standing.flatMap(({ opening }) => opening ?? []));
    this.node.replaceChildren(svg("svg", {
      class: "plan__drawing", viewBox: `${x} ${y} ${width} ${height}`, width, height, role: "group",
      "aria-label": this.#language.t("twin.plan", { enseigne: this.#enseigne }),
    },
    svg("rect", { class: "plan__ground", ...scaled(around, cell) }),
    ...[...this.#rooms.values()].map(({ node }) => node),
    svg("path", { class: "plan__wall", d: walls.map((wall) => line(wall, cell)).join("") }),
    ...this.#fixtures.map(({ shape }) => shape.node)));
  }

  /** @param {import("./plan.js").PlanRoom} room @param {number} cell */
  #room(room, cell) {
    const key = roomKey({ enseigne: this.#enseigne, salle: room.salle });
    return new RoomShape({ language: this.#language, room, cell, onChoose: () => this.#onChoose(key) });
  }
}

/** What is shown: what somebody drew or a plan by itself, and on it all that is known. @param {Shown} shown @param {number} width pixels */
export function planOf({ drawn, rooms, things }, width) {
  const salles = rooms.map(({ salle }) => salle);
  const perRow = Math.max(2, Math.min(Math.ceil(salles.length / 2), Math.floor(width / LEAST_ROOM)));
  const plan = withTheRest(drawn ?? layOut(salles, perRow), salles);
  const known = [...things].map(([salle, all]) => ({ salle, things: all.map(({ id, kind }) => ({ id, kind })) }));
  return { rooms: plan.rooms, fixtures: placed(plan, known) };
}

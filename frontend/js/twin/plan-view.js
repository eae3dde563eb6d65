/** The plan of one enseigne, live. */

import { h, svg } from "../page/dom.js";
import { roomKey } from "../live/store.js";
import { roomState } from "../rooms/room-state.js";
import { AirView } from "./air-view.js";
import { density } from "./air.js";
import { FixtureShape } from "./fixture-shape.js";
import { layOut } from "./layout.js";
import { extent, withTheRest } from "./plan.js";
import { line, rectangle, scaled } from "./pixels.js";
import { placed } from "./placing.js";
import { RoomShape } from "./room-shape.js";
import { sourcesIn } from "./sources.js";
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
  /** @type {(import("./sources.js").Standing & {shape: FixtureShape})[]} */ #standing = [];
  /** @type {import("./plan.js").PlanRoom[]} */ #plan = [];
  #cell = 1;
  #drawn = "";
  #air = new AirView();
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
    const things = new Map([...shown.things.values()].flat().map((thing) => [thing.id, thing]));
    for (const { shape, fixture } of this.#standing) shape.update(things.get(fixture.id ?? ""), this.#language);
    const known = new Map(shown.rooms.map((room) => [room.salle, room]));
    this.#air.set(new Map(this.#plan.map((room) => {
      const view = known.get(room.salle);
      const state = view?.state ?? roomState(NOBODY, shown.now);
      this.#rooms.get(room.salle)?.update(state, view !== undefined && view.key === shown.chosen);
      return [room.salle, this.#airOf(room, state, things)];
    })));
  }

  destroy() {
    this.#resized.disconnect();
    this.#air.destroy();
  }

  /**
   * @param {import("./plan.js").PlanRoom} room
   * @param {import("../rooms/room-state.js").RoomState} state
   * @param {Map<string, Thing>} things by id
   * @returns {import("./air.js").Air}
   */
  #airOf(room, { stale, quantities }, things) {
    const area = scaled(room, this.#cell);
    const value = (/** @type {string} */ name) => (stale ? null : quantities[name]?.value ?? null);
    const sources = sourcesIn(room, this.#plan, this.#standing, things)
      .map((source) => ({ ...source, x: source.x * this.#cell, y: source.y * this.#cell }));
    return { ...area, ...density(area.width * area.height, value("CO2"), value("PM25")), sources };
  }

  /** @param {import("./plan.js").Plan} plan */
  #draw({ rooms, fixtures }) {
    const around = extent(rooms);
    const cell = Math.min(LARGEST_CELL, this.#width / (around.width + 2 * AROUND));
    const shown = scaled({
      x: around.x - AROUND, y: around.y - AROUND, width: around.width + 2 * AROUND, height: around.height + 2 * AROUND,
    }, cell);
    const { x, y, width, height } = shown;
    this.#plan = rooms;
    this.#cell = cell;
    this.#rooms = new Map(rooms.map((room) => [room.salle, this.#room(room, cell)]));
    this.#standing = fixtures.map((fixture) => {
      const opening = fixture.kind in OPENINGS ? openingOf(rooms, fixture) : null;
      return { fixture, opening, shape: new FixtureShape(fixture, opening, cell) };
    });
    const walls = wallsOf(rooms, this.#standing.flatMap(({ opening }) => opening ?? []));
    this.#air.fit(shown, new Map([...this.#rooms].map(([salle, { node, area }]) => [salle, { node, area }])));
    this.node.replaceChildren(h("div", { class: "plan__stage" }, this.#air.node, svg("svg", {
      class: "plan__drawing", viewBox: `${x} ${y} ${width} ${height}`, width, height, role: "group",
      "aria-label": this.#language.t("twin.plan", { enseigne: this.#enseigne }),
    },
    svg("path", { class: "plan__ground", d: [around, ...rooms].map((area) => rectangle(scaled(area, cell))).join("") }),
    ...[...this.#rooms.values()].map(({ node }) => node),
    svg("path", { class: "plan__wall", d: walls.map((wall) => line(wall, cell)).join("") }),
    ...this.#standing.map(({ shape }) => shape.node))));
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

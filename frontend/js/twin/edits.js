/** Changes of a plan; each gives another plan. Pure; lengths are cells. */

import { GRID, MOST_FIXTURES, MOST_ROOMS, contains, extent, withTheRest } from "./plan.js";
import { OPENINGS } from "./walls.js";

/** What a plan may have besides rooms (docs/protocol.md §4.4). */
export const KINDS = ["window", "door", "ventilation", "purifier", "radiator", "sensor"];
/** Cells. */
const LEAST = 2;
/** Around a plan while it is drawn, so that rooms can be put on each side. */
const MARGIN = 3;

/**
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {import("./plan.js").Fixture} Fixture
 * @typedef {{of: "rooms" | "fixtures", index: number}} Item
 */

/** What is shown, as what can be kept: away from the grid's corner, and nothing of a kind that a plan has not. @param {Plan} plan @returns {Plan} */
export function begun({ rooms, fixtures }) {
  const { x, y, width, height } = extent(rooms);
  const dx = x + width + MARGIN > GRID ? 0 : MARGIN - x;
  const dy = y + height + MARGIN > GRID ? 0 : MARGIN - y;
  return {
    rooms: rooms.map((room) => ({ ...room, x: room.x + dx, y: room.y + dy })).slice(0, MOST_ROOMS),
    fixtures: fixtures.filter(({ kind }) => KINDS.includes(kind))
      .map((fixture) => ({ ...fixture, x: onGrid(fixture.x + dx), y: onGrid(fixture.y + dy) })).slice(0, MOST_FIXTURES),
  };
}

/** @param {Plan} plan @param {string} salle one that is not on it @returns {Plan} */
export function withRoom(plan, salle) {
  if (plan.rooms.length >= MOST_ROOMS) return plan;
  const { rooms } = withTheRest(plan, [...plan.rooms.map((room) => room.salle), salle]);
  const [added] = rooms.slice(-1);
  const room = {
    ...added,
    x: clamp(plan.rooms.length ? added.x : MARGIN, 0, GRID - added.width),
    y: clamp(plan.rooms.length ? added.y : MARGIN, 0, GRID - added.height),
  };
  return { ...plan, rooms: [...plan.rooms, room] };
}

/** In a room's middle or, what stands in walls, at its upper one. @param {Plan} plan @param {string} kind @param {number} room its index @returns {Plan} */
export function withFixture(plan, kind, room) {
  if (plan.fixtures.length >= MOST_FIXTURES) return plan;
  const { x, y, width, height } = plan.rooms[room];
  const fixture = { kind, x: x + width / 2, y: kind in OPENINGS ? y : y + height / 2 };
  return { ...plan, fixtures: [...plan.fixtures, fixture] };
}

/** A room takes along what stands in it alone. @param {Plan} plan @param {Item} item @param {number} dx @param {number} dy @returns {Plan} */
export function shifted(plan, item, dx, dy) {
  if (item.of === "fixtures") {
    return replaced(plan, item, ({ x, y }) => ({ x: onGrid(x + dx), y: onGrid(y + dy) }));
  }
  const room = plan.rooms[item.index];
  const x = clamp(room.x + Math.round(dx), 0, GRID - room.width);
  const y = clamp(room.y + Math.round(dy), 0, GRID - room.height);
  return along(replaced(plan, item, () => ({ x, y })), plan, item, () => [x - room.x, y - room.y]);
}

/**
 * By its lower right corner; what is in the walls there stays in them.
 * @param {Plan} plan
 * @param {Item} item a room
 * @param {number} dx
 * @param {number} dy
 * @returns {Plan}
 */
export function stretched(plan, item, dx, dy) {
  const room = plan.rooms[item.index];
  const width = clamp(room.width + Math.round(dx), LEAST, GRID - room.x);
  const height = clamp(room.height + Math.round(dy), LEAST, GRID - room.y);
  return along(replaced(plan, item, () => ({ width, height })), plan, item, ({ x, y }) => [
    x === room.x + room.width ? width - room.width : 0,
    y === room.y + room.height ? height - room.height : 0,
  ]);
}

/** @param {Plan} plan @param {Item} item @param {string} name a room's `salle`; of the others the `id`, or nothing @returns {Plan} */
export function named(plan, item, name) {
  if (item.of === "rooms") return replaced(plan, item, () => ({ salle: name }));
  return { ...plan, fixtures: plan.fixtures.map((fixture, i) => {
    if (i !== item.index) return fixture;
    const { kind, x, y } = fixture;
    return name ? { kind, x, y, id: name } : { kind, x, y };
  }) };
}

/** @param {Plan} plan @param {Item} item @returns {Plan} what stands in a room alone goes with it */
export function without(plan, { of, index }) {
  if (of === "fixtures") return { ...plan, fixtures: plan.fixtures.filter((_, i) => i !== index) };
  return { rooms: plan.rooms.filter((_, i) => i !== index), fixtures: plan.fixtures.filter((fixture) => !standsInAlone(plan, index, fixture)) };
}

/** @param {Plan} changed @param {Plan} before @param {Item} item a room @param {(fixture: Fixture) => number[]} way */
function along(changed, before, item, way) {
  const fixtures = before.fixtures.map((fixture) => {
    if (!standsInAlone(before, item.index, fixture)) return fixture;
    const [dx, dy] = way(fixture);
    return { ...fixture, x: onGrid(fixture.x + dx), y: onGrid(fixture.y + dy) };
  });
  return { ...changed, fixtures };
}

/** @param {Plan} plan @param {number} room @param {Fixture} fixture */
function standsInAlone({ rooms }, room, fixture) {
  return contains(rooms[room], fixture) && !rooms.some((other, i) => i !== room && contains(other, fixture));
}

/** @param {Plan} plan @param {Item} item @param {(thing: any) => object} change @returns {Plan} */
function replaced(plan, { of, index }, change) {
  return { ...plan, [of]: plan[of].map((thing, i) => (i === index ? { ...thing, ...change(thing) } : thing)) };
}

/** @param {number} value to the quarter of a cell */
function onGrid(value) {
  return clamp(Math.round(value * 4) / 4, 0, GRID);
}

/** @param {number} value @param {number} least @param {number} most */
function clamp(value, least, most) {
  return Math.max(least, Math.min(most, value));
}

/** A place for each module and sensor that is known, also where nobody gave it one. Pure; lengths are cells. */

import { contains } from "./plan.js";
import { OPENINGS, openingOf, outside, sidesOf } from "./walls.js";

/** What stands in a room stands along its lower wall: so far from it, and from one to the next. */
const EDGE = 1.4;
const STEP = 2.3;

/**
 * @typedef {import("./plan.js").Fixture} Fixture
 * @typedef {import("./plan.js").PlanRoom} PlanRoom
 * @typedef {{id: string, kind: string}} Thing
 */

/**
 * @param {import("./plan.js").Plan} plan
 * @param {{salle: string, things: Thing[]}[]} known
 * @returns {Fixture[]} those of the plan, then the others; for what has no room left there is no place
 */
export function placed(plan, known) {
  const drawn = new Set(plan.fixtures.map(({ id }) => id));
  let fixtures = [...plan.fixtures];
  for (const { salle, things } of known) {
    const room = plan.rooms.find((each) => each.salle === salle);
    if (!room) continue;
    const rest = things.filter(({ id }) => !drawn.has(id));
    const inWalls = rest.filter(({ kind }) => kind in OPENINGS).filter((thing) => !named(fixtures, room, thing));
    const inside = rest.filter(({ kind }) => !(kind in OPENINGS));
    fixtures = [...fixtures, ...alongWall(plan.rooms, room, fixtures, inWalls), ...alongFloor(room, inside)];
  }
  return fixtures;
}

/**
 * Somebody drew a door, and did not say which: the first that is known.
 * @param {Fixture[]} fixtures changed
 * @param {PlanRoom} room
 * @param {Thing} thing
 */
function named(fixtures, room, { kind, id }) {
  const found = fixtures.findIndex((each) => each.kind === kind && each.id === undefined && contains(room, each));
  if (found < 0) return false;
  fixtures[found] = { ...fixtures[found], id };
  return true;
}

/** @param {PlanRoom[]} rooms @param {PlanRoom} room @param {Fixture[]} fixtures @param {Thing[]} things */
function alongWall(rooms, room, fixtures, things) {
  const doors = fixtures.filter(({ kind }) => kind === "door").map((door) => openingOf(rooms, door));
  const sides = sidesOf(room);
  const free = sides.filter((side) => outside(side, rooms));
  const side = free.find(({ vertical, at }) => !doors.some((door) => door?.vertical === vertical && door.at === at))
    ?? free[0] ?? sides[0];
  return things.map(({ id, kind }, i) => {
    const along = side.from + ((side.to - side.from) * (i + 1)) / (things.length + 1);
    return side.vertical ? { kind, id, x: side.at, y: along } : { kind, id, x: along, y: side.at };
  });
}

/** @param {PlanRoom} room @param {Thing[]} things */
function alongFloor({ x, y, width, height }, things) {
  const fit = Math.max(1, Math.floor((width - 2 * EDGE) / STEP) + 1);
  return things.slice(0, fit).map(({ id, kind }, i) => ({ kind, id, x: x + EDGE + i * STEP, y: y + height - EDGE }));
}

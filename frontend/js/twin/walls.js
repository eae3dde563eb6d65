/** Walls, and the doors and windows in them. Pure; lengths are cells. */

/**
 * @typedef {{vertical: boolean, at: number, from: number, to: number}} Wall `at`: x of a vertical one, y of the others
 * @typedef {Wall & {inward: 1 | -1}} Opening `inward`: on which side of `at` the room is that it belongs to
 * @typedef {import("./plan.js").PlanRoom} PlanRoom
 */

/** How long they are where the wall is not shorter. @type {Record<string, number>} */
export const OPENINGS = { door: 2, window: 3 };
/** What is left of a wall at its corners. */
const CORNER = 0.4;

/** @param {PlanRoom} room @returns {Opening[]} top, bottom, left, right; each open from end to end */
export function sidesOf({ x, y, width, height }) {
  return [
    { vertical: false, at: y, from: x, to: x + width, inward: 1 },
    { vertical: false, at: y + height, from: x, to: x + width, inward: -1 },
    { vertical: true, at: x, from: y, to: y + height, inward: 1 },
    { vertical: true, at: x + width, from: y, to: y + height, inward: -1 },
  ];
}

/** @param {Opening} side @param {PlanRoom[]} rooms @returns {boolean} whether there is no room behind it */
export function outside({ vertical, at, from, to, inward }, rooms) {
  return !rooms.flatMap(sidesOf).some((other) =>
    other.vertical === vertical && other.at === at && other.inward === -inward && other.from < to && from < other.to);
}

/**
 * A door or window stands in a wall, wherever near it was put.
 * @param {PlanRoom[]} rooms
 * @param {import("./plan.js").Fixture} fixture
 * @returns {Opening | null} null: there is no wall
 */
export function openingOf(rooms, { kind, x, y }) {
  const [side] = rooms.flatMap(sidesOf)
    .map((wall) => ({ wall, away: distance(wall, x, y) }))
    .sort((a, b) => a.away - b.away);
  if (!side) return null;
  const { wall } = side;
  const length = Math.min(OPENINGS[kind], wall.to - wall.from - 2 * CORNER);
  const centre = clamp(wall.vertical ? y : x, wall.from + CORNER + length / 2, wall.to - CORNER - length / 2);
  return { ...wall, from: centre - length / 2, to: centre + length / 2 };
}

/** @param {Wall} wall @returns {{x: number, y: number}} */
export function middleOf({ vertical, at, from, to }) {
  const along = (from + to) / 2;
  return vertical ? { x: at, y: along } : { x: along, y: at };
}

/**
 * @param {PlanRoom[]} rooms
 * @param {Wall[]} openings
 * @returns {Wall[]} what stands of all walls
 */
export function wallsOf(rooms, openings) {
  return rooms.flatMap(sidesOf).flatMap((wall) => {
    const gaps = openings
      .filter(({ vertical, at, from, to }) => vertical === wall.vertical && at === wall.at && from < wall.to && to > wall.from)
      .sort((a, b) => a.from - b.from);
    const { vertical, at } = wall;
    const starts = [wall.from, ...gaps.map(({ to }) => to)];
    const ends = [...gaps.map(({ from }) => from), wall.to];
    return starts.map((from, i) => ({ vertical, at, from, to: ends[i] })).filter(({ from, to }) => to > from);
  });
}

/** @param {Wall} wall @param {number} x @param {number} y */
function distance({ vertical, at, from, to }, x, y) {
  const [along, across] = vertical ? [y, x] : [x, y];
  return Math.hypot(across - at, along - clamp(along, from, to));
}

/** @param {number} value @param {number} least @param {number} most */
function clamp(value, least, most) {
  return Math.max(least, Math.min(most, value));
}

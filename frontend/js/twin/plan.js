/** The floor plan of a site (docs/protocol.md §3.7): what stands where, in cells of a grid. Pure. */

/** Cells along each side of the largest plan, and how much is on it at most; as `app/domain/plan.py`. */
export const GRID = 200;
export const MOST_ROOMS = 100;
export const MOST_FIXTURES = 500;

/**
 * @typedef {{salle: string, x: number, y: number, width: number, height: number}} PlanRoom whole cells
 * @typedef {{kind: string, x: number, y: number, id?: string}} Fixture `id`: the module or sensor by which it is live
 * @typedef {{rooms: PlanRoom[], fixtures: Fixture[]}} Plan
 */

/** @param {PlanRoom[]} rooms @returns {{x: number, y: number, width: number, height: number}} around all of them */
export function extent(rooms) {
  if (rooms.length === 0) return { x: 0, y: 0, width: 0, height: 0 };
  const x = Math.min(...rooms.map((room) => room.x));
  const y = Math.min(...rooms.map((room) => room.y));
  const right = Math.max(...rooms.map((room) => room.x + room.width));
  const bottom = Math.max(...rooms.map((room) => room.y + room.height));
  return { x, y, width: right - x, height: bottom - y };
}

/** @param {PlanRoom} room @param {{x: number, y: number}} spot @returns {boolean} its walls are in it */
export function contains({ x, y, width, height }, spot) {
  return spot.x >= x && spot.x <= x + width && spot.y >= y && spot.y <= y + height;
}

/** @param {PlanRoom} a @param {PlanRoom} b @returns {boolean} touching is not overlapping */
export function overlap(a, b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/**
 * A room that nobody drew stands below those that somebody did, rather than nowhere.
 * @param {Plan} plan
 * @param {string[]} salles all that are known
 * @returns {Plan}
 */
export function withTheRest(plan, salles) {
  const drawn = new Set(plan.rooms.map(({ salle }) => salle));
  const missing = salles.filter((salle) => !drawn.has(salle));
  if (missing.length === 0) return plan;
  const { x, y, width, height } = extent(plan.rooms);
  const top = y + height + (plan.rooms.length ? 2 : 0);
  const perRow = Math.max(1, Math.floor(width / SPARE.width));
  const rest = missing.map((salle, i) => ({
    salle, ...SPARE, x: x + (i % perRow) * SPARE.width, y: top + Math.floor(i / perRow) * SPARE.height,
  }));
  return { ...plan, rooms: [...plan.rooms, ...rest] };
}

const SPARE = { width: 10, height: 8 };

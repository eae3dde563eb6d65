/** Where fresh air comes into a room: what is open to the outside, and what blows. Pure. */

import { contains } from "./plan.js";
import { middleOf, outside } from "./walls.js";

/** @type {Record<string, number>} */
const STRENGTH = { window: 1, door: 0.8, ventilation: 0.6, purifier: 0.6 };
/** What a fan does more at full power. */
const BOOST = 2;

/**
 * @typedef {{fixture: import("./plan.js").Fixture, opening: import("./walls.js").Opening | null}} Standing
 */

/**
 * @param {import("./plan.js").PlanRoom} room
 * @param {import("./plan.js").PlanRoom[]} rooms all of the plan
 * @param {Standing[]} standing
 * @param {Map<string, import("./things.js").Thing>} things by id
 * @returns {import("./air.js").Source[]} in cells
 */
export function sourcesIn(room, rooms, standing, things) {
  return standing.flatMap(({ fixture, opening }) => {
    const thing = things.get(fixture.id ?? "");
    const strength = (STRENGTH[fixture.kind] ?? 0) * (thing?.state === "boost" ? BOOST : 1);
    if (!thing?.active || strength === 0) return [];
    const spot = opening ? middleOf(opening) : { x: fixture.x, y: fixture.y };
    if (!contains(room, spot) || (opening && !outside(opening, rooms))) return [];
    const inward = opening?.inward ?? 0;
    return [{ ...spot, dx: opening?.vertical ? inward : 0, dy: opening?.vertical ? 0 : inward, strength }];
  });
}

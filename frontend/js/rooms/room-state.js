/** A room in one look: the mean of what its sensors said last, as far as that is recent. Pure. */

import { QUANTITIES, levelOf, subScore } from "../iaq/quantities.js";

/** Seconds after which a value is old: a frozen one looks safe and is not. */
export const STALE_AFTER = 60;

/**
 * @typedef {object} RoomState
 * @property {number | null} at seconds since the epoch of the newest value
 * @property {number} age seconds, 0 at least
 * @property {boolean} stale
 * @property {number | null} score
 * @property {string | null} level
 * @property {Record<string, {value: number, level: string} | null>} quantities
 */

/**
 * @param {import("../live/store.js").Room} room
 * @param {number} now seconds since the epoch, by the gateway's clock
 * @returns {RoomState}
 */
export function roomState(room, now) {
  const fresh = [...room.sensors.values()]
    .flatMap(({ current }) => current ?? [])
    .filter((point) => now - point.at <= STALE_AFTER);
  const stale = fresh.length === 0;
  // Of sensors that fell silent, or send what is long past, the newest alone still says something.
  const speaking = stale ? newest([...room.sensors.values()].flatMap(({ last }) => last ?? [])) : fresh;
  const at = speaking.length ? Math.max(...speaking.map((point) => point.at)) : null;
  const age = at === null ? Infinity : Math.max(0, now - at);
  const score = mean(speaking.map((point) => point.score));
  const rounded = score === null ? null : Math.round(score);
  return {
    at,
    age,
    stale,
    score: rounded,
    level: rounded === null ? null : levelOf(rounded),
    quantities: Object.fromEntries(QUANTITIES.map((quantity) => {
      const value = mean(speaking.map((point) => point.values[quantity.name]));
      return [quantity.name, value === null ? null : { value, level: levelOf(subScore(quantity, value)) }];
    })),
  };
}

/** @param {import("../live/series.js").Point[]} points */
function newest(points) {
  const at = Math.max(...points.map((point) => point.at));
  return points.filter((point) => point.at === at);
}

/** @param {(number | null | undefined)[]} values @returns {number | null} */
function mean(values) {
  const known = values.filter((value) => typeof value === "number");
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

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
 * @param {import("./store.js").Room} room
 * @param {number} now seconds since the epoch, by the gateway's clock
 * @returns {RoomState}
 */
export function roomState(room, now) {
  const last = [...room.sensors.values()].flatMap((series) => series.last ?? []);
  const at = last.length ? Math.max(...last.map((point) => point.at)) : null;
  const age = at === null ? Infinity : Math.max(0, now - at);
  const stale = age > STALE_AFTER;
  // Of sensors that fell silent the newest alone still says something.
  const speaking = last.filter((point) => (stale ? point.at === at : now - point.at <= STALE_AFTER));
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

/** @param {(number | null | undefined)[]} values @returns {number | null} */
function mean(values) {
  const known = values.filter((value) => typeof value === "number");
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

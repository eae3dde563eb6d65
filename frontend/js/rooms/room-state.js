/** A room in one look: the mean of what its sensors said last, as far as that is recent. Pure. */

import { QUANTITIES, levelOf, subScore } from "../iaq/quantities.js";
import { time } from "../live/store.js";

/** Seconds after which a value is old: a frozen one looks safe and is not; */
export const STALE_AFTER = 60;
/** or, for a sensor that speaks seldom, so many of its intervals. As the gateway judges (docs/protocol.md). */
const STALE_INTERVALS = 3;

/**
 * @typedef {object} RoomState
 * @property {number | null} at seconds since the epoch of the newest value
 * @property {number} age seconds, 0 at least
 * @property {boolean} stale
 * @property {number} silent sensors that have nothing to say of now
 * @property {number | null} score
 * @property {string | null} level
 * @property {Record<string, {value: number, level: string} | null>} quantities
 */

/**
 * @param {Pick<import("../live/store.js").Room, "sensors" | "modules">} room
 * @param {number} now seconds since the epoch, by the gateway's clock
 * @returns {RoomState}
 */
export function roomState(room, now) {
  const fresh = [...room.sensors]
    .filter(([sensor, series]) => speaks(series, room.modules.get(sensor), now))
    .map(([, { current }]) => /** @type {import("../live/series.js").Point} */ (current));
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
    silent: room.sensors.size - fresh.length,
    score: rounded,
    level: rounded === null ? null : levelOf(rounded),
    quantities: Object.fromEntries(QUANTITIES.map((quantity) => {
      const value = mean(speaking.map((point) => point.values[quantity.name]));
      return [quantity.name, value === null ? null : { value, level: levelOf(subScore(quantity, value)) }];
    })),
  };
}

/**
 * By its age, whatever was told: over a lost connection nothing is. And by what was told, if that is newer.
 * @param {import("../live/series.js").Series} series
 * @param {import("../transport/protocol.js").Message | undefined} told
 * @param {number} now
 */
export function speaks({ current, interval }, told, now) {
  if (current === null) return false;
  const usual = told?.interval ?? interval ?? 0;
  if (now - current.at > Math.max(STALE_AFTER, STALE_INTERVALS * usual)) return false;
  const silent = told?.kind === "sensor" && (told.state === "stale" || told.state === "offline");
  return !silent || time(told) < current.at;
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

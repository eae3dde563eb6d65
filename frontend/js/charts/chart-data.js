/** A room's series as uPlot wants them: one axis of time, a column per sensor, gaps as gaps. Pure. */

/** A pause this many times the usual distance of the points before or after it is a gap, */
const GAP_FACTOR = 4;
/** but none shorter than this, in seconds. */
const GAP_LEAST = 30;
/** Distances on either side that say what is usual: a sensor may change its pace. */
const GAP_NEIGHBOURS = 5;

/**
 * @param {import("../live/series.js").Series} series
 * @param {string} quantity
 * @param {number} from seconds since the epoch
 * @returns {[number[], (number | null)[]]} with a null in the middle of each gap
 */
export function withGaps(series, quantity, from) {
  const start = series.times.findIndex((at) => at >= from);
  if (start < 0) return [[], []];
  const times = series.times.slice(start);
  const values = series.columns[quantity].slice(start);
  const gaps = [...times.keys()].filter((i) => isGap(times, i));
  for (const i of gaps.reverse()) {
    times.splice(i, 0, (times[i] + times[i - 1]) / 2);
    values.splice(i, 0, null);
  }
  return [times, values];
}

/** @param {number[]} times rising @param {number} i @returns {boolean} whether a gap ends at this point */
function isGap(times, i) {
  const pause = times[i] - times[i - 1];
  if (!(pause > GAP_LEAST)) return false;
  const before = usualDistance(times.slice(Math.max(0, i - 1 - GAP_NEIGHBOURS), i));
  const after = usualDistance(times.slice(i, i + 1 + GAP_NEIGHBOURS));
  return pause > GAP_FACTOR * Math.max(before, after);
}

/** @param {number[]} times rising @returns {number} the median distance of neighbours */
function usualDistance(times) {
  const distances = times.slice(1).map((at, i) => at - times[i]).sort((a, b) => a - b);
  return distances[distances.length >> 1] ?? 0;
}

/**
 * The stretch of time a chart shows: up to now, or up to the last point of a recording that ended.
 * @param {number | null} newest seconds since the epoch
 * @param {number} now
 * @param {number} seconds how much to show
 * @returns {[number, number]}
 */
export function timeWindow(newest, now, seconds) {
  const end = newest !== null && now - newest > seconds ? newest : Math.max(now, newest ?? now);
  return [end - seconds, end];
}

/**
 * Room for a line to breathe: the values with a margin, never lower than the quantity's span.
 * @param {number} least
 * @param {number} most
 * @param {number} span
 * @returns {[number, number]}
 */
export function verticalRange(least, most, span) {
  const height = Math.max(span, (most - least) * 1.2);
  const low = (least + most - height) / 2;
  return low < 0 && least >= 0 ? [0, height] : [low, low + height];
}

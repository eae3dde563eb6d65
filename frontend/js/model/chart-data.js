/** A room's series as uPlot wants them: one axis of time, a column per sensor, gaps as gaps. Pure. */

/** A pause this many times the usual distance of two points is a gap, */
const GAP_FACTOR = 4;
/** but none shorter than this, in seconds. */
const GAP_LEAST = 30;

/**
 * @param {import("./series.js").Series} series
 * @param {string} quantity
 * @param {number} from seconds since the epoch
 * @returns {[number[], (number | null)[]]} with a null in the middle of each gap
 */
export function withGaps(series, quantity, from) {
  const start = series.times.findIndex((at) => at >= from);
  if (start < 0) return [[], []];
  const times = series.times.slice(start);
  const values = series.columns[quantity].slice(start);
  const least = Math.max(GAP_LEAST, GAP_FACTOR * usualDistance(times));
  for (let i = times.length - 1; i > 0; i -= 1) {
    if (times[i] - times[i - 1] <= least) continue;
    times.splice(i, 0, (times[i] + times[i - 1]) / 2);
    values.splice(i, 0, null);
  }
  return [times, values];
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

/** What a room's quantity did in the last hour: a mean a minute, and where it is heading. Pure. */

/** Minutes. */
export const MINUTES = 60;
/** Minutes that tell where it is heading. */
const TREND_MINUTES = 20;
/** A quarter of a quantity's span in that time is news. */
const TREND_SHARE = 0.25;

/**
 * @param {Iterable<import("../live/series.js").Series>} sensors
 * @param {string} quantity
 * @param {number} now seconds since the epoch
 * @returns {(number | null)[]} oldest first; null for a minute without a value
 */
export function recent(sensors, quantity, now) {
  const from = now - MINUTES * 60;
  const sums = new Float64Array(MINUTES);
  const counts = new Uint32Array(MINUTES);
  for (const { times, columns } of sensors) {
    for (let i = times.length - 1; i >= 0 && times[i] >= from; i -= 1) {
      const value = columns[quantity][i];
      const minute = Math.min(MINUTES - 1, Math.floor((times[i] - from) / 60));
      if (value === null) continue;
      sums[minute] += value;
      counts[minute] += 1;
    }
  }
  return Array.from(sums, (sum, minute) => (counts[minute] ? sum / counts[minute] : null));
}

/**
 * @param {(number | null)[]} values as `recent` gives them
 * @param {number} span of the quantity
 * @returns {"rising" | "falling" | "steady" | null} null: too little is known
 */
export function trend(values, span) {
  const points = values.slice(-TREND_MINUTES).flatMap((value, minute) => (value === null ? [] : [[minute, value]]));
  if (points.length < 2) return null;
  const change = slope(points) * TREND_MINUTES;
  if (Math.abs(change) < span * TREND_SHARE) return "steady";
  return change > 0 ? "rising" : "falling";
}

/** Least squares. @param {number[][]} points at least two, of different minutes */
function slope(points) {
  const mean = (/** @type {0 | 1} */ axis) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const [over, under] = points.reduce(([a, b], [at, value]) => [a + (at - x) * (value - y), b + (at - x) ** 2], [0, 0]);
  return over / under;
}

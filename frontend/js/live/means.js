/** Points joined to means over steps of time, as `GET /api/iaq/data?step=` joins them. Pure. */

import { Series } from "./series.js";

/** @typedef {import("./series.js").Point} Point */

/**
 * @param {number} at seconds since the epoch
 * @param {number} step seconds
 * @returns {number} when the step began that `at` is in (UTC)
 */
export function stepOf(at, step) {
  return Math.floor(at / step) * step;
}

/**
 * @param {Series} series
 * @param {number} from seconds since the epoch, the beginning of a step
 * @param {number} step seconds
 * @returns {Point[]} a mean for each step that has points
 */
export function means(series, from, step) {
  const indices = [...series.times.keys()].filter((index) => series.times[index] >= from);
  const steps = Map.groupBy(indices, (index) => stepOf(series.times[index], step));
  return [...steps].map(([at, members]) => ({
    at,
    score: mean(series.scores, members),
    values: Object.fromEntries(Object.entries(series.columns).map(([name, column]) => [name, mean(column, members)])),
  }));
}

/**
 * The gateway's means up to an edge, and from it on means of every point that is here.
 * @param {Map<string, Point[]>} past per sensor
 * @param {Map<string, Series>} recent per sensor
 * @param {number} edge seconds since the epoch, the beginning of a step
 * @param {number} step seconds
 * @returns {Map<string, Series>}
 */
export function joined(past, recent, edge, step) {
  return new Map([...new Set([...recent.keys(), ...past.keys()])].map((sensor) => {
    const series = new Series();
    const since = recent.get(sensor);
    for (const point of past.get(sensor) ?? []) series.insert(point);
    for (const point of since ? means(since, edge, step) : []) series.insert(point);
    return [sensor, series];
  }));
}

/** @param {(number | null)[]} column @param {number[]} indices @returns {number | null} */
function mean(column, indices) {
  const known = indices.map((index) => column[index]).filter((value) => value !== null);
  return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null;
}

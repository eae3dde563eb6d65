/** The measurements of one sensor in the order of their time, each time once, the newest kept. */

import { QUANTITIES } from "../iaq/quantities.js";

/** Two hours at one a second. */
export const MAX_POINTS = 7200;

/** @typedef {{at: number, values: Record<string, number | null>, score: number | null}} Point */

export class Series {
  /** Seconds since the epoch, rising. @type {number[]} */ times = [];
  /** Per quantity, as long as `times`; null where it was not measured. @type {Record<string, (number | null)[]>} */
  columns = Object.fromEntries(QUANTITIES.map(({ name }) => [name, []]));
  /** @type {(number | null)[]} */ scores = [];
  #max;
  /** The newest that was sent when it was measured; a returning sensor's old ones are not. @type {Point | null} */
  current = null;

  constructor(max = MAX_POINTS) {
    this.#max = max;
  }

  /** @returns {Point | null} */
  get last() {
    return this.times.length ? this.at(this.times.length - 1) : null;
  }

  /** Seconds between two of the newest points, as usual; null while there are too few. @returns {number | null} */
  get interval() {
    const newest = this.times.slice(-6);
    if (newest.length < 4) return null;
    const pauses = newest.slice(1).map((at, i) => at - newest[i]).sort((a, b) => a - b);
    return pauses[pauses.length >> 1];
  }

  /** @param {number} index @returns {Point} */
  at(index) {
    const values = Object.entries(this.columns).map(([name, column]) => [name, column[index]]);
    return { at: this.times[index], values: Object.fromEntries(values), score: this.scores[index] };
  }

  /**
   * @param {Point} point
   * @param {boolean} [backlog] measured long before it was sent
   * @returns {boolean} false when this time is there already
   */
  insert({ at, values, score }, backlog = false) {
    if (!backlog && at > (this.current?.at ?? -Infinity)) this.current = { at, values, score };
    const index = this.#indexFor(at);
    if (this.times[index] === at) return false;
    this.times.splice(index, 0, at);
    this.scores.splice(index, 0, score);
    for (const [name, column] of Object.entries(this.columns)) {
      column.splice(index, 0, values[name] ?? null);
    }
    // A tenth at a time: removing from the front moves the whole array.
    if (this.times.length > this.#max) this.#forget(Math.ceil(this.#max / 10));
    return true;
  }

  /** @param {number} at @returns {number} the first index whose time is not before `at` */
  #indexFor(at) {
    let low = 0;
    let high = this.times.length;
    if (high === 0 || this.times[high - 1] < at) return high;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.times[middle] < at) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** @param {number} count */
  #forget(count) {
    for (const column of [this.times, this.scores, ...Object.values(this.columns)]) {
      column.splice(0, count);
    }
  }
}

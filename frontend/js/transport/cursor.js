/**
 * Where a client stands in its tenant's order, over socket, polling and history alike.
 *
 * Positions are opaque: they are remembered and compared for equality, never ordered. The position to
 * resume from moves only over what is known to be whole: while what a slow page missed is being fetched,
 * live messages are let through but do not move it, so a failure in between costs a repetition, never a hole.
 */

/** Positions remembered to tell a repetition; the oldest is forgotten first. */
export const REMEMBERED = 20_000;

export class Cursor {
  /** @type {string | null} */ #position = null;
  /** @type {string | null} */ #live = null;
  #behind = false;
  /** @type {Set<string>} */ #seen = new Set();
  #remembered;

  constructor(remembered = REMEMBERED) {
    this.#remembered = remembered;
  }

  /** Everything up to here was delivered; null before the first position is known. */
  get position() {
    return this.#position;
  }

  /** Whether something before the live messages may still be missing. */
  get behind() {
    return this.#behind;
  }

  /** @param {string | null | undefined} position the first one known, e.g. of the greeting */
  begin(position) {
    this.#position ??= position ?? null;
  }

  /** The live stream left something out: what lies between has to be polled. */
  fallBehind() {
    this.#behind = true;
    this.#live = null;
  }

  /** @param {string | undefined} position of a live message @returns {boolean} whether it is new */
  live(position) {
    if (position === undefined) return true;
    if (this.#behind) this.#live = position;
    else this.#position = position;
    return this.admit(position);
  }

  /**
   * @param {string} position the end of a polled page
   * @param {boolean} more whether there are further pages
   */
  polled(position, more) {
    this.#position = position;
    if (more || !this.#behind) return;
    this.#behind = false;
    this.#position = this.#live ?? position;
    this.#live = null;
  }

  /** @param {string | undefined} position @returns {boolean} whether it was not seen before */
  admit(position) {
    if (position === undefined) return true;
    if (this.#seen.has(position)) return false;
    this.#seen.add(position);
    if (this.#seen.size > this.#remembered) {
      this.#seen.delete(/** @type {string} */ (this.#seen.values().next().value));
    }
    return true;
  }

  /** The live stream goes on from the position itself: nothing lies between any more. */
  resumed() {
    this.#behind = false;
    this.#live = null;
  }

  /** The gateway no longer knows the position. What was delivered stays known: it may come again. */
  lose() {
    this.#position = null;
    this.resumed();
  }

  /** The next stream may be another person's. */
  reset() {
    this.lose();
    this.#seen.clear();
  }
}

/**
 * Notices a connection that died without a word: a page sees no ping frames, so it sends its own
 * `ping` messages; any frame that comes in counts as life.
 */

/** Unanswered pings before the connection counts as dead. */
const MISSED = 2;
/** How long an answer may take when there is reason to doubt (the page woke up, the network changed). */
export const PROBE_MS = 5000;

/**
 * @typedef {object} Timers
 * @property {(run: () => void, ms: number) => any} setTimeout
 * @property {(timer: any) => void} clearTimeout
 */

export class Heartbeat {
  #ping;
  #dead;
  #timers;
  #interval = 0;
  #missed = 0;
  #heard = true;
  /** @type {any} */ #beat = null;
  /** @type {any} */ #probe = null;

  /** @param {{ping: () => void, dead: () => void, timers: Timers}} options */
  constructor({ ping, dead, timers }) {
    this.#ping = ping;
    this.#dead = dead;
    this.#timers = timers;
  }

  /** @param {number} interval milliseconds between two pings */
  start(interval) {
    this.stop();
    this.#interval = interval;
    this.#missed = 0;
    this.#heard = true;
    this.#wait();
  }

  stop() {
    this.#timers.clearTimeout(this.#beat);
    this.#timers.clearTimeout(this.#probe);
    this.#beat = this.#probe = null;
  }

  heard() {
    this.#heard = true;
    this.#timers.clearTimeout(this.#probe);
    this.#probe = null;
  }

  /** Ask now; without an answer in `PROBE_MS` the connection is dead. */
  probe() {
    if (this.#probe !== null) return;
    this.#probe = this.#timers.setTimeout(() => this.#die(), PROBE_MS);
    this.#ping();
  }

  #wait() {
    this.#beat = this.#timers.setTimeout(() => this.#due(), this.#interval);
  }

  #due() {
    this.#missed = this.#heard ? 0 : this.#missed + 1;
    if (this.#missed >= MISSED) {
      this.#die();
      return;
    }
    this.#heard = false;
    this.#ping();
    this.#wait();
  }

  #die() {
    this.stop();
    this.#dead();
  }
}

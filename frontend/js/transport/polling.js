/**
 * The way without a socket: ask every three seconds for what came after the cursor. The same loop,
 * stopped at the first answer without more, fetches what the socket left out.
 */

export const INTERVAL_MS = 3000;
/** Messages in one answer. */
const LIMIT = 500;
/** Answers that say the position means nothing to this gateway. */
const POSITION_REFUSED = new Set([400, 422]);

/**
 * @typedef {object} Receiver
 * @property {(message: import("./protocol.js").Message) => void} message each one once
 * @property {(caughtUp: boolean) => void} answered a page was delivered
 * @property {() => void} began the cursor has its first position: history goes up to here
 * @property {() => void} lost the cursor's position is gone: there is a hole to be filled by history
 * @property {(error: import("./http.js").ApiError) => boolean} failed returns whether to go on asking
 */

export class Poller {
  #api;
  #cursor;
  #topics;
  #receiver;
  #timers;
  #document;
  /** @type {AbortController | null} */ #running = null;
  #untilCaughtUp = false;
  /** It was time to ask while nobody looked. */
  #due = false;
  /** @type {any} */ #timer = null;

  /**
   * @param {object} options
   * @param {Pick<import("./api.js").Api, "messages">} options.api
   * @param {import("./cursor.js").Cursor} options.cursor
   * @param {() => Iterable<string>} options.topics
   * @param {Receiver} options.receiver
   * @param {import("./heartbeat.js").Timers} options.timers
   * @param {EventTarget & {hidden: boolean}} options.document
   */
  constructor({ api, cursor, topics, receiver, timers, document }) {
    this.#api = api;
    this.#cursor = cursor;
    this.#topics = topics;
    this.#receiver = receiver;
    this.#timers = timers;
    this.#document = document;
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && this.#due) this.#turn();
    });
  }

  get running() {
    return this.#running !== null;
  }

  /** Poll until `stop()`. */
  start() {
    this.#begin(false);
  }

  /** Poll until an answer says that there is no more. What is under way may not know of this gap yet. */
  catchUp() {
    this.stop();
    this.#begin(true);
  }

  /** What is under way is given up; the cursor knows what was delivered. */
  stop() {
    this.#running?.abort();
    this.#running = null;
    this.#due = false;
    this.#timers.clearTimeout(this.#timer);
  }

  /** @param {boolean} untilCaughtUp */
  #begin(untilCaughtUp) {
    if (this.running && this.#untilCaughtUp === untilCaughtUp) return;
    this.stop();
    this.#untilCaughtUp = untilCaughtUp;
    this.#running = new AbortController();
    this.#turn();
  }

  async #turn() {
    const running = /** @type {AbortController} */ (this.#running);
    const after = this.#cursor.position;
    this.#due = false;
    const query = { topics: this.#topics(), after, limit: LIMIT, signal: running.signal };
    let wait = INTERVAL_MS;
    try {
      const page = await this.#api.messages(query);
      if (running !== this.#running) return;
      this.#deliver(page, after);
      if (page.more) wait = 0;
      else if (this.#untilCaughtUp) return this.stop();
    } catch (error) {
      if (running !== this.#running) return;
      const delay = this.#failed(/** @type {import("./http.js").ApiError} */ (error), after);
      if (delay === null) return this.stop();
      wait = delay;
    }
    if (running === this.#running) this.#wait(wait);
  }

  /** @param {import("./api.js").Page} page @param {string | null} after */
  #deliver({ position, messages, more, recovered }, after) {
    const lost = after !== null && recovered === false;
    if (lost) this.#cursor.lose();
    for (const message of messages) {
      if (this.#cursor.admit(message.position)) this.#receiver.message(message);
    }
    this.#cursor.polled(position, more);
    if (after === null) this.#receiver.began();
    if (lost) this.#receiver.lost();
    this.#receiver.answered(!more);
  }

  /**
   * @param {import("./http.js").ApiError} error
   * @param {string | null} after
   * @returns {number | null} milliseconds until the next try; null: no further one
   */
  #failed(error, after) {
    if (after !== null && POSITION_REFUSED.has(error.status)) {
      this.#cursor.lose();
      this.#receiver.lost();
      return 0;
    }
    if (!this.#receiver.failed(error)) return null;
    return Math.max(INTERVAL_MS, (error.retryAfter ?? 0) * 1000);
  }

  /** A hidden page does not ask; it does as soon as it is visible. @param {number} ms */
  #wait(ms) {
    this.#timer = this.#timers.setTimeout(() => {
      if (this.#document.hidden) this.#due = true;
      else this.#turn();
    }, ms);
  }
}

/** The feed poured into the store, and pages told of it: once a frame, and once a second for ages. */

import { Emitter } from "./emitter.js";
import { Store } from "./model/store.js";
import { Past } from "./past.js";

const TICK_MS = 1000;

export class Live {
  store = new Store();
  past;
  /** The greeting's tenant; null before. @type {string | null} */ tenant = null;
  #events = new Emitter(["change", "status"]);
  #feed;
  /** Seconds the gateway's clock is ahead of this device's. */
  #ahead = 0;
  #frame = 0;

  /**
   * @param {import("./feed.js").Feed} feed
   * @param {Pick<import("./api.js").Api, "history">} api
   */
  constructor(feed, api) {
    this.#feed = feed;
    this.past = new Past({ api, store: this.store, changed: () => this.#changed() });
    feed.on("message", (message) => {
      if (message.backlog) this.past.outdate();
      if (this.store.apply(message)) this.#changed();
    });
    feed.on("history", (records) => {
      for (const record of records) this.store.apply(record);
      this.past.outdate();
      this.#changed();
    });
    feed.on("greeting", (greeting) => {
      const theirs = Date.parse(greeting.timestamp);
      if (Number.isFinite(theirs)) this.#ahead = (theirs - Date.now()) / 1000;
      this.tenant = greeting.tenant ?? null;
      this.#changed();
    });
    feed.on("status", (status) => this.#events.emit("status", status));
    setInterval(() => this.#changed(), TICK_MS);
  }

  get status() {
    return this.#feed.status;
  }

  /** Seconds since the epoch by the gateway's clock. */
  now() {
    return Date.now() / 1000 + this.#ahead;
  }

  start() {
    this.store.clear();
    this.past.clear();
    this.tenant = null;
    this.#feed.start();
    this.#changed();
  }

  stop() {
    this.#feed.stop();
    this.past.clear();
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  on(event, listener) {
    this.#events.on(event, listener);
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  off(event, listener) {
    this.#events.off(event, listener);
  }

  #changed() {
    // A hidden page has no frames: it draws when somebody looks again.
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#events.emit("change");
    });
  }
}

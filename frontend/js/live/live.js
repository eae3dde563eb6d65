/** The feed poured into the store, and pages told of it: once a frame, and once a second for ages. */

import { Emitter } from "../transport/emitter.js";
import { Store } from "./store.js";
import { forgetLastKnown, keepLastKnown, measurementsOf } from "./last-known.js";
import { lastWords } from "./last-words.js";
import { Past } from "./past.js";

const TICK_MS = 1000;
const KEEP_MS = 30_000;
/** Statuses in which a socket is open. */
const HEARD = new Set(["live", "catching_up"]);

/** @typedef {{status: string, latency: number | null, since: number | null}} Connection `latency` in milliseconds; `since` when it was lost last */

export class Live {
  store = new Store();
  past;
  /** The greeting's tenant; null before. @type {string | null} */ tenant = null;
  #events = new Emitter(["change", "status", "alert"]);
  #feed;
  /** What is shown was kept from an earlier visit. */
  #recalled = false;
  #keptAt = 0;
  /** Counted up when a person comes or goes: what was asked for another one is not for this one. */
  #visit = 0;
  /** Seconds the gateway's clock is ahead of this device's. */
  #ahead = 0;
  #frame = 0;
  /** Milliseconds; null while there is no socket. @type {number | null} */ #latency = null;
  /** When the gateway was lost, seconds since the epoch. @type {number | null} */ #silentSince = null;

  /**
   * @param {import("../transport/feed.js").Feed} feed
   * @param {Pick<import("../transport/api.js").Api, "history">} api
   */
  constructor(feed, api) {
    this.#feed = feed;
    this.past = new Past({ api, store: this.store, changed: () => this.#changed() });
    feed.on("message", (message) => {
      if (message.backlog) this.past.outdate();
      if (this.store.apply(message)) this.#changed();
      if (message.type === "alert") this.#events.emit("alert", message);
    });
    feed.on("history", (records) => {
      this.#take(records);
      this.past.outdate();
      // Where it fails now, those sensors come with the next history.
      const visit = this.#visit;
      lastWords(api, (sensor) => this.store.knows(sensor)).then((last) => {
        if (visit === this.#visit) this.#take(last);
      }, () => {});
    });
    feed.on("greeting", (greeting) => {
      const theirs = Date.parse(greeting.timestamp);
      if (Number.isFinite(theirs)) this.#ahead = (theirs - Date.now()) / 1000;
      this.tenant = greeting.tenant ?? null;
      this.#changed();
    });
    feed.on("latency", (ms) => {
      this.#latency = ms;
      this.#events.emit("status");
    });
    feed.on("status", (status) => {
      if (!HEARD.has(status)) this.#latency = null;
      if (status === "reconnecting") this.#silentSince = this.now();
      this.#events.emit("status");
    });
    setInterval(() => this.#changed(), TICK_MS);
  }

  get status() {
    return this.#recalled ? "offline" : this.#feed.status;
  }

  /**
   * Show what was known when a page was last open: as of then, however short ago.
   * @param {import("./last-known.js").Snapshot} snapshot
   */
  recall({ at, tenant, measurements }) {
    this.#recalled = true;
    this.#silentSince = at;
    this.tenant = tenant;
    this.#take(measurements.map((message) => ({ ...message, backlog: true })));
    this.#events.emit("status");
  }

  /** How things stand with the gateway. @returns {Connection} */
  get connection() {
    return { status: this.status, latency: this.#latency, since: this.#silentSince };
  }

  /** Seconds since the epoch by the gateway's clock. */
  now() {
    return Date.now() / 1000 + this.#ahead;
  }

  start() {
    this.#visit += 1;
    this.store.clear();
    this.past.clear();
    this.tenant = null;
    this.#recalled = false;
    this.#keptAt = 0;
    this.#feed.start();
    this.#changed();
  }

  /** The person has gone: nothing of theirs stays here. */
  stop() {
    this.#visit += 1;
    this.#feed.stop();
    this.store.clear();
    this.past.clear();
    this.tenant = null;
    forgetLastKnown();
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  on(event, listener) {
    this.#events.on(event, listener);
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  off(event, listener) {
    this.#events.off(event, listener);
  }

  /** @param {import("../transport/protocol.js").Message[]} records */
  #take(records) {
    for (const record of records) this.store.apply(record);
    this.#changed();
  }

  #keep() {
    if (!HEARD.has(this.#feed.status) || Date.now() < this.#keptAt + KEEP_MS) return;
    const measurements = measurementsOf(this.store);
    if (measurements.length === 0) return;
    this.#keptAt = Date.now();
    keepLastKnown({ at: this.now(), tenant: this.tenant, measurements });
  }

  #changed() {
    // A hidden page has no frames: it draws when somebody looks again.
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#events.emit("change");
      this.#keep();
    });
  }
}

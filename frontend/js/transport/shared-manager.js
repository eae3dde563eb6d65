/**
 * One connection for all tabs of a person: one tab leads, with a socket of its own, and the others hear from
 * it what it hears. To who uses it, each looks like a `WebSocketManager`.
 *
 * A lock says who leads; a tab that goes lets go of it, and the next one leads, from its own position. A
 * hidden tab does not reconnect: where the leader is hidden and has no connection, or does not answer, a tab
 * that somebody looks at takes the lead from it. A SharedWorker would do without all that, but Chrome on
 * Android has none.
 */

import { Emitter } from "./emitter.js";
import { TOPICS, topicOf } from "./protocol.js";

/** Milliseconds in which a leader that lives has answered. */
const ANSWER_MS = 2000;
/** What a leader passes on; `connected` goes as an answer to `hello` as well. */
const PASSED = ["all", "disconnected", "error", "lagged", "latency"];

/**
 * @typedef {import("../websocket-manager.js").WebSocketManager} Manager
 * @typedef {{kind: "hello" | "waiting" | "connected" | "event", name?: string, detail?: any, hidden?: boolean}} Word
 *
 * @typedef {object} Browser
 * @property {Pick<LockManager, "request">} locks
 * @property {(name: string) => Pick<BroadcastChannel, "postMessage" | "close" | "onmessage">} channel
 * @property {import("./heartbeat.js").Timers} timers
 * @property {EventTarget & {hidden: boolean}} document
 */

export class SharedManager {
  #events = new Emitter([...TOPICS, "connected", "disconnected", "error", "lagged", "resumed", "latency"]);
  #own;
  #browser;
  #who;
  /** @type {() => string | null} */ #position = () => null;
  /** @type {ReturnType<Browser["channel"]> | null} */ #channel = null;
  #name = "";
  #leads = false;
  /** As a follower: whether the leader is connected. */
  #followed = false;
  /** A tab that chose topics of its own shares nothing. */
  #alone = false;
  /** @type {Record<string, any>} */ #greeting = {};
  /** @type {() => void} */ #letGo = () => {};
  /** @type {any} */ #deadline = null;

  /**
   * @param {Manager} own
   * @param {() => string | null} who whose connection it is: nobody else's tabs may share it; null: none may
   * @param {Browser} browser
   */
  constructor(own, who, browser) {
    this.#own = own;
    this.#who = who;
    this.#browser = browser;
    own.on("connected", (greeting) => this.#heard("connected", greeting));
    own.on("resumed", (answer) => this.#heard("resumed", answer));
    for (const name of PASSED) own.on(name, (detail) => this.#heard(name, detail));
    browser.document.addEventListener("visibilitychange", () => this.#seen());
  }

  get isConnected() {
    return this.#leads ? this.#own.isConnected : this.#followed;
  }

  isConnectionActive() {
    return this.isConnected;
  }

  get subscriptions() {
    return this.#own.subscriptions;
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  on(event, listener) {
    this.#events.on(event, listener);
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  off(event, listener) {
    this.#events.off(event, listener);
  }

  /** @param {() => string | null} provider as the manager's */
  setPositionProvider(provider) {
    this.#position = provider;
    this.#own.setPositionProvider(provider);
  }

  connect() {
    if (this.#leads) return this.#own.connect();
    if (this.#channel) return;
    const who = this.#alone ? null : this.#who();
    if (who === null) this.#lead();
    else this.#join(`iaqverse.feed.${who}`);
  }

  disconnect() {
    const followed = this.#followed;
    this.#own.disconnect();
    this.#leave();
    this.#leads = false;
    if (followed) this.#events.emit("disconnected", { code: 1000, name: "closed", reason: "", action: "terminal" });
  }

  /** @param {string | string[]} topics */
  subscribe(topics) {
    this.#goAlone();
    this.#own.subscribe(topics);
  }

  /** @param {string | string[]} topics */
  unsubscribe(topics) {
    this.#goAlone();
    this.#own.unsubscribe(topics);
  }

  ping() {
    if (this.#leads) this.#own.ping();
  }

  /** @param {string} name */
  #join(name) {
    this.#name = name;
    this.#channel = this.#browser.channel(name);
    this.#channel.onmessage = ({ data }) => this.#told(data);
    this.#queue({});
    this.#hello();
  }

  /** Lead when it is this tab's turn. @param {LockOptions} options */
  #queue(options) {
    const waiting = new AbortController();
    let done = () => {};
    const held = new Promise((resolve) => (done = () => resolve(undefined)));
    this.#letGo = () => {
      waiting.abort();
      done();
    };
    const signal = options.steal ? {} : { signal: waiting.signal };
    this.#browser.locks.request(this.#name, { ...options, ...signal }, () => {
      if (waiting.signal.aborted) return;
      this.#lead();
      return held;
    }).catch(() => {
      if (!waiting.signal.aborted) this.#yield();
    });
  }

  #lead() {
    this.#browser.timers.clearTimeout(this.#deadline);
    this.#followed = false;
    this.#leads = true;
    this.#own.connect();
  }

  /** Another tab took the lead. */
  #yield() {
    this.#leads = false;
    this.#own.disconnect();
    this.#queue({});
    this.#hello();
  }

  #take() {
    this.#letGo();
    this.#queue({ steal: true });
  }

  /** What the own connection says. @param {string} name @param {any} detail */
  #heard(name, detail) {
    if (!this.#leads) return;
    if (name === "connected") this.#greeting = detail;
    this.#emit(name, detail);
    if (name === "connected") this.#answer();
    else if (name !== "resumed") this.#post({ kind: "event", name, detail, hidden: this.#browser.document.hidden });
  }

  /** What another tab says. @param {Word} word */
  #told({ kind, name = "", detail, hidden }) {
    if (kind === "hello") {
      if (this.#leads) this.#answer();
      return;
    }
    if (this.#leads) return;
    this.#browser.timers.clearTimeout(this.#deadline);
    if (kind === "connected") this.#follow(detail);
    else if (kind === "event" && this.#followed) this.#emit(name, detail);
    if (name !== "disconnected" && kind !== "waiting") return;
    this.#followed = false;
    if (hidden && !this.#browser.document.hidden) this.#take();
  }

  /** @param {Record<string, any>} greeting where the leader stands */
  #follow(greeting) {
    if (this.#followed) return;
    const missed = this.#position() !== null;
    this.#followed = true;
    this.#emit("connected", greeting);
    // What came between this tab's position and the leader's was not sent for this tab.
    if (missed) this.#emit("lagged", { type: "lagged" });
  }

  #answer() {
    const detail = { ...this.#greeting, position: this.#position() ?? this.#greeting.position };
    const hidden = this.#browser.document.hidden;
    this.#post(this.#own.isConnected ? { kind: "connected", detail } : { kind: "waiting", hidden });
  }

  #hello() {
    this.#browser.timers.clearTimeout(this.#deadline);
    this.#deadline = this.#browser.timers.setTimeout(() => {
      if (!this.#leads && this.#channel && !this.#browser.document.hidden) this.#take();
    }, ANSWER_MS);
    this.#post({ kind: "hello" });
  }

  #seen() {
    if (this.#channel && !this.#leads && !this.#browser.document.hidden) this.#hello();
  }

  #goAlone() {
    if (this.#alone) return;
    this.#alone = true;
    if (!this.#channel) return;
    this.#leave();
    if (!this.#leads) this.#lead();
  }

  #leave() {
    this.#browser.timers.clearTimeout(this.#deadline);
    this.#followed = false;
    this.#letGo();
    this.#channel?.close();
    this.#channel = null;
  }

  /** @param {Word} word */
  #post(word) {
    this.#channel?.postMessage(word);
  }

  /** @param {string} name @param {any} detail */
  #emit(name, detail) {
    if (name === "all") this.#events.emit(/** @type {string} */ (topicOf(detail)), detail);
    this.#events.emit(name, detail);
  }
}

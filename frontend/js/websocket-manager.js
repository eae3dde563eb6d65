/**
 * The gateway's socket for any page, without dependencies:
 *
 *     import { WebSocketManager } from "./websocket-manager.js";
 *     const manager = new WebSocketManager();
 *     manager.setToken(token);
 *     manager.on("measurements", (measurement) => …);
 *     manager.connect();
 *
 * A connection outlives its token where `manager.setRenewal(async () => token)` says how to get another.
 *
 * Events: one per topic with the message (`measurements`, `predictions`, `actions`, `alerts`, `modules`,
 * and `all` for each of them), `connected` with the greeting, `disconnected` with
 * `{code, name, reason, action}`, `error` with `{code, message, retryable}`, `lagged` when the gateway
 * had to leave messages out, and, for who gave a position, `resumed` with `{recovered, position}` before
 * what came after it. `latency` comes with the milliseconds that an answer took: at each sign of life,
 * and after `ping()`. In a browser `window.wsManager` is one instance for the page.
 */

import { retryDelay } from "./transport/backoff.js";
import { Connection } from "./transport/connection.js";
import { Emitter } from "./transport/emitter.js";
import { browserEnvironment } from "./transport/environment.js";
import { SUBPROTOCOL, TOPICS, closeRow, retryAfterMs, socketUrl } from "./transport/protocol.js";
import { Renewal } from "./transport/renewal.js";
import { Subscriptions } from "./transport/subscriptions.js";

/** A connection that lasted this long was a good one: the back-off starts over. */
const STABLE_MS = 5000;
const RESUME_RETRY_MS = 1000;

/**
 * @typedef {import("./transport/environment.js").Environment} Environment
 *
 * @typedef {(ask: {refused: string | null}) => string | null | Promise<string | null>} TokenProvider
 *   `refused`: the token that has ended or was refused, if one was; another one is needed.
 *   The answer null: nobody is signed in. An error: not now, ask again later.
 */

export class WebSocketManager {
  #env;
  #events = new Emitter([...TOPICS, "connected", "disconnected", "error", "lagged", "resumed", "latency"]);
  #topics = new Subscriptions();
  /** @type {TokenProvider} */ #token = () => null;
  /** @type {() => string | null} */ #position = () => null;
  /** @type {Connection | null} */ #connection = null;
  /** A new number whenever the attempt is given up: an answer to an older one is ignored. */
  #era = 0;
  #opening = false;
  /** A connection is wanted, but its time has not come. */
  #waiting = false;
  #renewal;
  /** @type {number | null} when the greeting came, in milliseconds */ #greetedAt = null;
  #attempt = 0;
  #notBefore = 0;
  /** @type {any} */ #timer = null;

  /** @param {Partial<Environment>} [environment] */
  constructor(environment = {}) {
    const browser = typeof globalThis.document === "undefined" ? {} : browserEnvironment();
    this.#env = /** @type {Environment} */ ({ ...browser, ...environment });
    this.#renewal = new Renewal(this.#env);
    this.#env.document.addEventListener("visibilitychange", () => this.#visibilityChanged());
    this.#env.window.addEventListener("online", () => this.#networkChanged());
    this.#env.window.addEventListener("offline", () => this.#networkChanged());
  }

  /** Whether the gateway has greeted this connection and it has not ended since. */
  get isConnected() {
    return this.#greetedAt !== null;
  }

  isConnectionActive() {
    return this.isConnected;
  }

  /** The topics of the connection as the gateway last named them; before, those it will ask for. */
  get subscriptions() {
    return this.#topics.names;
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  on(event, listener) {
    this.#events.on(event, listener);
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  off(event, listener) {
    this.#events.off(event, listener);
  }

  /** @param {string | null} token used from the next connection on */
  setToken(token) {
    this.#token = ({ refused }) => (token === refused ? null : token);
  }

  /** @param {TokenProvider} provider asked before each connection */
  setTokenProvider(provider) {
    this.#token = provider;
  }

  /**
   * What gets a fresh token while a connection is open, so that it outlives its first one.
   * @param {import("./transport/renewal.js").Renew} renew called a minute before the token ends
   */
  setRenewal(renew) {
    this.#renewal.renew = renew;
  }

  /**
   * Where to go on from: with a position, a connection begins with everything that came after it.
   * @param {() => string | null} provider asked at each connection; null: from now on
   */
  setPositionProvider(provider) {
    this.#position = provider;
  }

  /** Connect, and stay connected until `disconnect()` or a terminal close. At once if it was waiting. */
  connect() {
    if (!this.#connection && !this.#opening) this.#schedule(0);
  }

  disconnect() {
    const connected = this.#connection !== null;
    this.#giveUp();
    this.#renewal.closed(false);
    this.#waiting = false;
    this.#attempt = 0;
    if (connected) {
      this.#events.emit("disconnected", { code: 1000, name: "closed", reason: "", action: "terminal" });
    }
  }

  /** @param {string | string[]} topics e.g. `measurements`, `alerts:Maison`, `all:Maison/Bureau` */
  subscribe(topics) {
    this.#send(this.#topics.add([topics].flat(), this.isConnected));
  }

  /** @param {string | string[]} topics */
  unsubscribe(topics) {
    this.#send(this.#topics.remove([topics].flat(), this.isConnected));
  }

  /** Ask how long an answer takes. */
  ping() {
    if (this.isConnected) this.#connection?.ping();
  }

  /** @param {number} delay milliseconds */
  #schedule(delay) {
    this.#env.timers.clearTimeout(this.#timer);
    this.#waiting = true;
    const wait = Math.max(delay, this.#notBefore - this.#env.now());
    if (wait <= 0) {
      this.#open();
    } else if (!this.#env.document.hidden) {
      // A hidden page waits for no timer: it connects as soon as somebody looks at it.
      this.#timer = this.#env.timers.setTimeout(() => this.#open(), wait);
    }
  }

  async #open() {
    const era = ++this.#era;
    this.#waiting = false;
    this.#opening = true;
    const token = await this.#askForToken();
    if (era !== this.#era) return;
    this.#opening = false;
    if (token === undefined) {
      this.#fail("not_renewed", "the token could not be renewed", true);
      this.#closed({ code: 1006, reason: "the token could not be renewed" });
      return;
    }
    this.#renewal.use(token);
    if (!token) {
      this.#fail("unauthenticated", "sign in first", false);
      return;
    }
    // Who catches up first subscribes after the greeting, from its position.
    const bare = this.#position() !== null;
    const url = socketUrl(this.#env.url, bare ? [] : this.#topics.wanted);
    try {
      const socket = new this.#env.WebSocket(url, [SUBPROTOCOL, `bearer.${token}`]);
      this.#connection = new Connection(socket, this.#env, {
        greeted: (greeting) => this.#greeted(greeting, bare),
        received: (frame) => this.#received(frame),
        answered: (ms) => this.#events.emit("latency", ms),
        failed: () => this.#fail("connection_failed", "the gateway was not reached", true),
        closed: (close) => this.#closed(close),
      });
    } catch {
      this.#fail("unauthenticated", "this token has characters that no token has", false);
    }
  }

  /** @returns {Promise<string | null | undefined>} undefined: not to be had now */
  async #askForToken() {
    try {
      return await this.#token({ refused: this.#renewal.ended });
    } catch {
      return undefined;
    }
  }

  /** @param {import("./transport/protocol.js").Frame} frame */
  #received(frame) {
    switch (frame.kind) {
      case "publication":
        this.#events.emit(frame.topic, frame.message);
        this.#events.emit("all", frame.message);
        break;
      case "topics":
        if (this.#topics.answered(frame.message)) this.#events.emit("resumed", frame.message);
        break;
      case "expiring":
        this.#renewal.expiring((command) => this.#send(command));
        break;
      case "authenticated":
        this.#renewal.authenticated(frame.message);
        break;
      case "error":
        this.#commandFailed(frame.message);
        break;
      case "lagged":
        this.#events.emit("lagged", frame.message);
        break;
    }
  }

  /** @param {import("./transport/protocol.js").Message} greeting @param {boolean} bare opened without a topic */
  #greeted(greeting, bare) {
    this.#greetedAt = this.#env.now();
    this.#renewal.greeted(greeting);
    const position = this.#position() ?? (bare ? greeting.position : null);
    if (position === null) this.#send(...this.#topics.greeted(greeting.subscriptions ?? []));
    else this.#send(this.#topics.resume(position));
    this.#events.emit("connected", greeting);
  }

  /** @param {Record<string, any>} error */
  #commandFailed(error) {
    const after = this.#topics.resumes(error.id);
    if (this.#renewal.failed(error)) {
      // The connection lives on with the token it has.
    } else if (after === null) {
      this.#topics.refused(error);
    } else if (error.retryable) {
      const again = () => this.#send(this.#topics.resume(this.#position() ?? after));
      this.#timer = this.#env.timers.setTimeout(again, RESUME_RETRY_MS);
    }
    this.#events.emit("error", error);
    // Subscribed to nothing it would look alive and stay silent.
    if (this.#connection && after !== null && !error.retryable) this.#closed({ code: 1006, reason: "the topics were refused" });
  }

  /** @param {{code: number, reason: string}} close */
  #closed({ code, reason }) {
    const { name, action } = closeRow(code);
    const stable = this.#greetedAt !== null && this.#env.now() - this.#greetedAt >= STABLE_MS;
    if (stable) this.#attempt = 0;
    this.#giveUp();
    this.#renewal.closed(action === "renew");
    this.#notBefore = this.#env.now() + retryAfterMs(action, reason);
    if (action !== "terminal") this.#schedule(retryDelay(this.#attempt++, this.#env.random));
    this.#events.emit("disconnected", { code, name, reason, action });
  }

  #giveUp() {
    this.#era += 1;
    this.#greetedAt = null;
    this.#opening = false;
    this.#env.timers.clearTimeout(this.#timer);
    this.#topics.ended();
    this.#connection?.close();
    this.#connection = null;
  }

  /** @param {string} code @param {string} message @param {boolean} retryable */
  #fail(code, message, retryable) {
    this.#events.emit("error", { type: "error", code, message, retryable });
  }

  /** @param {(string | null)[]} commands */
  #send(...commands) {
    for (const command of commands) {
      if (command) this.#connection?.send(command);
    }
  }

  #visibilityChanged() {
    this.#connection?.visibilityChanged();
    if (!this.#env.document.hidden) this.#networkChanged();
    else if (this.#waiting) this.#env.timers.clearTimeout(this.#timer);
  }

  #networkChanged() {
    if (this.#waiting) this.#schedule(0);
    else this.#connection?.doubt();
  }
}

if (typeof window !== "undefined") {
  Object.assign(window, { wsManager: new WebSocketManager() });
}

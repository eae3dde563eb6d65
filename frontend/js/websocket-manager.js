/**
 * The gateway's socket for any page, without dependencies:
 *
 *     import { WebSocketManager } from "./websocket-manager.js";
 *     const manager = new WebSocketManager();
 *     manager.setToken(token);
 *     manager.on("measurements", (measurement) => …);
 *     manager.connect();
 *
 * Events: one per topic with the message (`measurements`, `predictions`, `actions`, `alerts`, `modules`,
 * and `all` for each of them), `connected` with the greeting, `disconnected` with
 * `{code, name, reason, action}`, `error` with `{code, message, retryable}`, and `lagged` when the
 * gateway had to leave messages out. In a browser `window.wsManager` is one instance for the page.
 */

import { retryDelay } from "./backoff.js";
import { Emitter } from "./emitter.js";
import { browserEnvironment } from "./environment.js";
import { Heartbeat } from "./heartbeat.js";
import { PING, SUBPROTOCOL, TOPICS, closeRow, parseFrame, retryAfterMs, socketUrl } from "./protocol.js";
import { Subscriptions } from "./subscriptions.js";

const GREETING_TIMEOUT_MS = 5000;
/** A connection that lasted this long was a good one: the back-off starts over. */
const STABLE_MS = 5000;
const DEFAULT_HEARTBEAT_S = 25;

/**
 * @typedef {import("./environment.js").Environment} Environment
 *
 * @typedef {(ask: {refused: string | null}) => string | null | Promise<string | null>} TokenProvider
 *   `refused`: the token whose end closed the last connection, if one did; another one is needed.
 *   The answer null: nobody is signed in.
 */

export class WebSocketManager {
  #env;
  #events = new Emitter([...TOPICS, "connected", "disconnected", "error", "lagged"]);
  #topics = new Subscriptions();
  #heartbeat;
  /** @type {TokenProvider} */ #token = () => null;
  /** @type {WebSocket | null} */ #socket = null;
  /** A new number whenever the connection is given up: answers to an older one are ignored. */
  #era = 0;
  #opening = false;
  /** A connection is wanted, but its time has not come. */
  #waiting = false;
  /** @type {string | null} */ #used = null;
  /** @type {string | null} */ #refused = null;
  /** @type {number | null} when the greeting came, in milliseconds */ #greetedAt = null;
  #heartbeatMs = DEFAULT_HEARTBEAT_S * 1000;
  #attempt = 0;
  #notBefore = 0;
  /** @type {any} */ #timer = null;

  /** @param {Partial<Environment>} [environment] */
  constructor(environment = {}) {
    const browser = typeof globalThis.document === "undefined" ? {} : browserEnvironment();
    this.#env = /** @type {Environment} */ ({ ...browser, ...environment });
    this.#heartbeat = new Heartbeat({
      ping: () => this.#socket?.send(PING),
      dead: () => this.#drop({ code: 1006, reason: "nothing was heard" }),
      timers: this.#env.timers,
    });
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

  /** Connect, and stay connected until `disconnect()` or a terminal close. At once if it was waiting. */
  connect() {
    if (!this.#socket && !this.#opening) this.#schedule(0);
  }

  disconnect() {
    const connected = this.#socket !== null;
    this.#giveUp();
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
    this.#refused = null;
    this.#used = token;
    if (!token) {
      this.#fail("unauthenticated", "sign in first", false);
      return;
    }
    const url = socketUrl(this.#env.url, this.#topics.wanted);
    try {
      this.#listen(new this.#env.WebSocket(url, [SUBPROTOCOL, `bearer.${token}`]));
    } catch {
      this.#fail("unauthenticated", "this token has characters that no token has", false);
    }
  }

  async #askForToken() {
    try {
      return await this.#token({ refused: this.#refused });
    } catch {
      return null;
    }
  }

  /** @param {WebSocket} socket */
  #listen(socket) {
    const ours = (/** @type {(event: any) => void} */ handle) => (/** @type {any} */ event) => {
      if (this.#socket === socket) handle(event);
    };
    this.#socket = socket;
    socket.onmessage = ours((event) => this.#received(event.data));
    socket.onerror = ours(() => this.#fail("connection_failed", "the gateway was not reached", true));
    socket.onclose = ours((event) => this.#closed(event));
    this.#timer = this.#env.timers.setTimeout(
      () => this.#drop({ code: 1006, reason: "no greeting" }),
      GREETING_TIMEOUT_MS,
    );
  }

  /** @param {unknown} data */
  #received(data) {
    this.#heartbeat.heard();
    const frame = parseFrame(data);
    switch (frame?.kind) {
      case "publication":
        this.#events.emit(frame.topic, frame.message);
        this.#events.emit("all", frame.message);
        break;
      case "greeting":
        this.#greeted(frame.message);
        break;
      case "topics":
        this.#topics.answered(frame.message);
        break;
      case "error":
        this.#topics.refused(frame.message);
        this.#events.emit("error", frame.message);
        break;
      case "lagged":
        this.#events.emit("lagged", frame.message);
        break;
    }
  }

  /** @param {import("./protocol.js").Message} greeting */
  #greeted(greeting) {
    this.#env.timers.clearTimeout(this.#timer);
    this.#greetedAt = this.#env.now();
    this.#heartbeatMs = (greeting.heartbeat || DEFAULT_HEARTBEAT_S) * 1000;
    if (!this.#env.document.hidden) this.#heartbeat.start(this.#heartbeatMs);
    this.#send(...this.#topics.greeted(greeting.subscriptions ?? []));
    this.#events.emit("connected", greeting);
  }

  /** @param {{code: number, reason: string}} close */
  #closed({ code, reason }) {
    const { name, action } = closeRow(code);
    const stable = this.#greetedAt !== null && this.#env.now() - this.#greetedAt >= STABLE_MS;
    if (stable) this.#attempt = 0;
    this.#giveUp();
    this.#refused = action === "renew" ? this.#used : null;
    if (action === "wait") this.#notBefore = this.#env.now() + retryAfterMs(reason);
    if (action !== "terminal") this.#schedule(retryDelay(this.#attempt++, this.#env.random));
    this.#events.emit("disconnected", { code, name, reason, action });
  }

  /** End a connection that may never answer a close. @param {{code: number, reason: string}} close */
  #drop(close) {
    if (this.#socket) this.#closed(close);
  }

  #giveUp() {
    const socket = this.#socket;
    this.#era += 1;
    this.#socket = null;
    this.#greetedAt = null;
    this.#opening = false;
    this.#env.timers.clearTimeout(this.#timer);
    this.#heartbeat.stop();
    this.#topics.ended();
    socket?.close();
  }

  /** @param {string} code @param {string} message @param {boolean} retryable */
  #fail(code, message, retryable) {
    this.#events.emit("error", { type: "error", code, message, retryable });
  }

  /** @param {(string | null)[]} commands */
  #send(...commands) {
    for (const command of commands) {
      if (command) this.#socket?.send(command);
    }
  }

  #visibilityChanged() {
    if (!this.#env.document.hidden) {
      if (this.isConnected) this.#heartbeat.start(this.#heartbeatMs);
      this.#networkChanged();
    } else if (this.#waiting) {
      this.#env.timers.clearTimeout(this.#timer);
    } else if (this.isConnected) {
      this.#heartbeat.stop();
    }
  }

  #networkChanged() {
    if (this.#waiting) this.#schedule(0);
    else if (this.isConnected) this.#heartbeat.probe();
  }
}

if (typeof window !== "undefined") {
  Object.assign(window, { wsManager: new WebSocketManager() });
}

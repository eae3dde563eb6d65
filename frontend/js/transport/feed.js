/**
 * Every message once, whichever way it comes: the socket first, polling while there is none, and one
 * cursor over both. It knows no page.
 *
 * Events: `message` with each message, `history` with a list of records, `status` with one of `STATUSES`,
 * `greeting` with the connection's greeting, `latency` in milliseconds, `signed_out` when the token was refused.
 */

import { Cursor } from "./cursor.js";
import { Emitter } from "./emitter.js";
import { Poller } from "./polling.js";

/**
 * `connecting` the first time, `live` by socket, `catching_up` live, not whole yet,
 * `polling`, `reconnecting` neither yet, `offline` neither, `denied` by the gateway, `stopped`.
 */
export const STATUSES = [
  "stopped", "connecting", "live", "catching_up", "polling", "reconnecting", "offline", "denied",
];

const HISTORY_HOURS = 1;
/** What happened before this page looked, of each topic but the measurements. */
const EVENT_TOPICS = ["predictions", "actions", "alerts", "modules"];
const EVENTS = 50;
const HISTORY_RETRY_MS = 5000;

/**
 * @typedef {Pick<import("../websocket-manager.js").WebSocketManager, "connect" | "disconnect" | "isConnected" |
 *   "isConnectionActive" | "on" | "ping" | "setPositionProvider" | "subscriptions">} Manager
 */

export class Feed {
  #events = new Emitter(["message", "history", "status", "greeting", "latency", "signed_out"]);
  #manager;
  #api;
  #useWebSocket;
  #cursor = new Cursor();
  #poller;
  #status = "stopped";
  #running = false;
  /** Counted up by each start and stop: what was asked in another run may be another person's. */
  #run = 0;
  #timers;
  /** @type {any} */ #retry = null;

  /**
   * @param {object} options
   * @param {Manager} options.manager
   * @param {Pick<import("./api.js").Api, "messages" | "history">} options.api
   * @param {boolean} options.useWebSocket false: polling alone
   * @param {import("./heartbeat.js").Timers} options.timers
   * @param {EventTarget & {hidden: boolean}} options.document
   */
  constructor({ manager, api, useWebSocket, timers, document }) {
    this.#manager = manager;
    this.#api = api;
    this.#useWebSocket = useWebSocket;
    this.#timers = timers;
    this.#poller = new Poller({
      api,
      cursor: this.#cursor,
      topics: () => manager.subscriptions,
      receiver: {
        message: (message) => this.#events.emit("message", message),
        answered: (caughtUp) => this.#answered(caughtUp),
        began: () => this.#loadHistory(),
        lost: () => this.#loadHistory(),
        failed: (error) => this.#failed(error),
      },
      timers,
      document,
    });
    manager.on("all", (message) => this.#live(message));
    manager.on("connected", (greeting) => this.#connected(greeting));
    manager.on("disconnected", () => this.#fallBack());
    manager.on("error", () => this.#fallBack());
    manager.on("lagged", () => this.#fillGap());
    manager.on("latency", (ms) => this.#events.emit("latency", ms));
    manager.on("resumed", (answer) => this.#resumed(answer));
    manager.setPositionProvider(() => this.#cursor.position);
  }

  get status() {
    return this.#status;
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  on(event, listener) {
    this.#events.on(event, listener);
  }

  start() {
    if (this.#running) return;
    this.#running = true;
    this.#run += 1;
    this.#show("connecting");
    if (this.#useWebSocket) this.#manager.connect();
    else this.#poller.start();
  }

  /** Forget where the stream stood: the next start may be another person's. */
  stop() {
    this.#running = false;
    this.#run += 1;
    this.#poller.stop();
    this.#timers.clearTimeout(this.#retry);
    this.#manager.disconnect();
    this.#cursor.reset();
    this.#show("stopped");
  }

  /** @param {import("./protocol.js").Message} message */
  #live(message) {
    if (this.#running && this.#cursor.live(message.position)) this.#events.emit("message", message);
  }

  /** @param {Record<string, any>} greeting */
  #connected(greeting) {
    if (!this.#running) return;
    this.#events.emit("greeting", greeting);
    this.#manager.ping();
    this.#poller.stop();
    if (this.#cursor.position === null) {
      this.#cursor.begin(greeting.position);
      this.#loadHistory();
      this.#show("live");
    } else {
      // With nothing wanted there is nothing to wait for.
      this.#show(this.#manager.subscriptions.length ? "catching_up" : "live");
    }
  }

  /** What came after the cursor follows on the socket, then what is live; or it cannot be given. @param {Record<string, any>} answer */
  #resumed({ recovered, position }) {
    if (!this.#running) return;
    this.#cursor.resumed();
    if (!recovered) {
      this.#cursor.lose();
      this.#cursor.begin(position);
      this.#loadHistory();
    }
    this.#show("live");
  }

  /** The gateway left something out of the live stream: fetch it. */
  #fillGap() {
    if (!this.#running) return;
    this.#cursor.fallBehind();
    this.#show("catching_up");
    this.#poller.catchUp();
  }

  /** The socket failed: poll until it is back. The manager goes on trying meanwhile. */
  #fallBack() {
    if (!this.#running || this.#manager.isConnectionActive()) return;
    if (["live", "catching_up", "connecting"].includes(this.#status)) this.#show("reconnecting");
    this.#poller.start();
  }

  /** @param {boolean} caughtUp */
  #answered(caughtUp) {
    if (!this.#manager.isConnected) {
      // The gateway is there again: no need to sit out the back-off.
      if (this.#status === "offline" && this.#useWebSocket) this.#manager.connect();
      this.#show("polling");
    } else if (caughtUp) {
      this.#show("live");
    }
  }

  /** @param {import("./http.js").ApiError} error @returns {boolean} whether to go on polling */
  #failed(error) {
    if (error.status === 401) {
      this.stop();
      this.#events.emit("signed_out");
      return false;
    }
    if (error.status === 403) {
      this.stop();
      this.#show("denied");
      return false;
    }
    if (!this.#manager.isConnected) this.#show("offline");
    return true;
  }

  async #loadHistory() {
    this.#timers.clearTimeout(this.#retry);
    const run = this.#run;
    try {
      const records = await this.#api.history({ hours: HISTORY_HOURS });
      if (run !== this.#run) return;
      this.#events.emit("history", records);
      await Promise.all(EVENT_TOPICS.map((topic) => this.#loadEvents(topic, run)));
    } catch (error) {
      if (run !== this.#run) return;
      const { retryAfter } = /** @type {import("./http.js").ApiError} */ (error);
      const wait = Math.max(HISTORY_RETRY_MS, (retryAfter ?? 0) * 1000);
      this.#retry = this.#timers.setTimeout(() => this.#loadHistory(), wait);
    }
  }

  /** A token may not reach every topic: what it does not is left out. @param {string} topic @param {number} run */
  async #loadEvents(topic, run) {
    try {
      const { messages } = await this.#api.messages({ topics: [topic], after: null, limit: EVENTS });
      for (const message of messages) {
        if (run === this.#run && this.#cursor.admit(message.position)) this.#events.emit("message", message);
      }
    } catch (error) {
      if (/** @type {import("./http.js").ApiError} */ (error).status !== 403) throw error;
    }
  }

  /** @param {string} status */
  #show(status) {
    if (status === this.#status) return;
    this.#status = status;
    this.#events.emit("status", status);
  }
}

/** One socket from its opening to its end: the greeting's deadline, signs of life, frames in and out. */

import { Heartbeat } from "./heartbeat.js";
import { PING, parseFrame } from "./protocol.js";

const GREETING_TIMEOUT_MS = 5000;
const DEFAULT_HEARTBEAT_S = 25;

/**
 * @typedef {object} Receiver
 * @property {(greeting: import("./protocol.js").Message) => void} greeted
 * @property {(frame: import("./protocol.js").Frame) => void} received every frame but the greeting
 * @property {(ms: number) => void} answered a ping, after so many milliseconds
 * @property {() => void} failed an error of the socket; a close follows
 * @property {(close: {code: number, reason: string}) => void} closed once, whoever ended it
 */

export class Connection {
  #socket;
  #timers;
  #now;
  #document;
  #receiver;
  #heartbeat;
  #heartbeatMs = 0;
  /** @type {any} */ #deadline;
  /** When the ping went out that is not answered yet. @type {number | null} */ #pingedAt = null;
  #over = false;
  /** Whether the gateway has greeted. */
  greeted = false;

  /**
   * @param {WebSocket} socket
   * @param {Pick<import("./environment.js").Environment, "timers" | "now" | "document">} environment
   * @param {Receiver} receiver
   */
  constructor(socket, { timers, now, document }, receiver) {
    this.#socket = socket;
    this.#timers = timers;
    this.#now = now;
    this.#document = document;
    this.#receiver = receiver;
    this.#heartbeat = new Heartbeat({
      ping: () => this.ping(),
      dead: () => this.#end({ code: 1006, reason: "nothing was heard" }),
      timers,
    });
    socket.onmessage = ({ data }) => !this.#over && this.#received(data);
    socket.onerror = () => !this.#over && receiver.failed();
    socket.onclose = ({ code, reason }) => this.#end({ code, reason });
    this.#deadline = timers.setTimeout(
      () => this.#end({ code: 1006, reason: "no greeting" }),
      GREETING_TIMEOUT_MS,
    );
  }

  /** @param {string} text */
  send(text) {
    this.#socket.send(text);
  }

  ping() {
    this.#pingedAt = this.#now();
    this.send(PING);
  }

  /** Give it up without a word to the receiver. */
  close() {
    this.#over = true;
    this.#timers.clearTimeout(this.#deadline);
    this.#heartbeat.stop();
    this.#socket.close();
  }

  /** A hidden page sends no pings of its own: the browser answers the gateway's. */
  visibilityChanged() {
    if (!this.greeted) return;
    if (this.#document.hidden) this.#heartbeat.stop();
    else this.#heartbeat.start(this.#heartbeatMs);
  }

  /** There is reason to doubt that it still lives. */
  doubt() {
    if (this.greeted) this.#heartbeat.probe();
  }

  /** @param {unknown} data */
  #received(data) {
    this.#heartbeat.heard();
    const frame = parseFrame(data);
    if (frame?.kind === "greeting") this.#greeted(frame.message);
    else if (frame?.kind === "pong") this.#answered();
    else if (frame) this.#receiver.received(frame);
  }

  /** @param {import("./protocol.js").Message} greeting */
  #greeted(greeting) {
    this.#timers.clearTimeout(this.#deadline);
    this.greeted = true;
    this.#heartbeatMs = (greeting.heartbeat || DEFAULT_HEARTBEAT_S) * 1000;
    this.visibilityChanged();
    this.#receiver.greeted(greeting);
  }

  #answered() {
    if (this.#pingedAt === null) return;
    this.#receiver.answered(this.#now() - this.#pingedAt);
    this.#pingedAt = null;
  }

  /** It may never answer a close. @param {{code: number, reason: string}} close */
  #end(close) {
    if (this.#over) return;
    this.close();
    this.#receiver.closed(close);
  }
}

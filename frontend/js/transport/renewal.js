/** The token that a connection goes by: when it ends, and another one in its place before that. */

import { authCommand } from "./protocol.js";

const RETRY_MS = 5000;

/**
 * @typedef {() => Promise<string | null>} Renew a fresh token without anybody's help; null: there is none to
 *   be had; an error: not now
 */

export class Renewal {
  #now;
  #timers;
  /** @type {Renew} */ renew = async () => null;
  /** @type {string | null} */ #used = null;
  /** @type {string | null} */ #refused = null;
  /** Milliseconds that the gateway's clock is ahead of this page's. */
  #ahead = 0;
  #endsAt = Infinity;
  /** @type {((command: string) => void) | null} while the connection asks for another token */ #send = null;
  /** Tokens that were sent and not answered, by the command's id. @type {Map<string, string>} */ #sent = new Map();
  #lastId = 0;
  /** @type {any} */ #timer = null;

  /** @param {{now: () => number, timers: import("./heartbeat.js").Timers}} environment */
  constructor({ now, timers }) {
    this.#now = now;
    this.#timers = timers;
  }

  /** The token that is good no more, because the gateway said so or its time is over; else null. */
  get ended() {
    return this.#refused ?? (this.#now() >= this.#endsAt ? this.#used : null);
  }

  /** @param {string | null} token the next connection's */
  use(token) {
    if (token !== this.#used) this.#endsAt = Infinity;
    this.#used = token;
    this.#refused = null;
  }

  /** @param {Record<string, any>} greeting */
  greeted({ timestamp, expires_at }) {
    this.#ahead = Date.parse(timestamp) - this.#now();
    this.#expire(expires_at);
  }

  /** The connection's token ends soon. @param {(command: string) => void} send */
  expiring(send) {
    this.#send = send;
    this.#attempt();
  }

  /** @param {Record<string, any>} message the gateway took the token that was sent */
  authenticated({ id, expires_at }) {
    this.#used = this.#sent.get(id) ?? this.#used;
    this.#sent.delete(id);
    this.#expire(expires_at);
  }

  /** @param {Record<string, any>} error @returns {boolean} whether it answers a token that was sent */
  failed({ id, retryable, retry_after }) {
    if (!this.#sent.delete(id)) return false;
    if (retryable) this.#later((retry_after ?? 0) * 1000);
    return true;
  }

  /** The connection is over. @param {boolean} refused its token is what ended it */
  closed(refused) {
    this.#refused = refused ? this.#used : null;
    this.#timers.clearTimeout(this.#timer);
    this.#send = null;
    this.#sent.clear();
  }

  async #attempt() {
    const send = this.#send;
    try {
      const token = await this.renew();
      if (token === null || send === null || send !== this.#send) return;
      const id = `auth-${++this.#lastId}`;
      this.#sent.set(id, token);
      send(authCommand(token, id));
    } catch {
      if (send === this.#send) this.#later(RETRY_MS);
    }
  }

  /** @param {number} delay */
  #later(delay) {
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => this.#attempt(), Math.max(delay, RETRY_MS));
  }

  /** @param {string} expiresAt */
  #expire(expiresAt) {
    const end = Date.parse(expiresAt) - this.#ahead;
    this.#endsAt = Number.isFinite(end) ? end : Infinity;
  }
}

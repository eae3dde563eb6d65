/**
 * The person at the gateway: signed in by a password once, and from then on by a cookie that no script
 * can read. It changes at each use, and used twice it ends: tabs take turns, and tell each other.
 */

import { ApiError, retryAfterOf } from "../transport/http.js";
import { Emitter } from "../transport/emitter.js";
import { forget, prefer, preference } from "../page/preferences.js";

const TIMEOUT_MS = 10_000;
const TURN = "iaqverse.refresh";

/**
 * @typedef {{name: string, tenant: string, role: string}} User
 * @typedef {{access_token: string, user: User}} SignedIn
 * @typedef {{request: <T>(name: string, run: () => Promise<T>) => Promise<T>}} Turns
 * @typedef {Pick<BroadcastChannel, "postMessage" | "onmessage">} Tabs
 */

/** Fires `signed_in` and `signed_out` when another tab did. */
export class Account {
  #events = new Emitter(["signed_in", "signed_out"]);
  #fetch;
  #turns;
  #tabs;

  /**
   * @param {object} browser
   * @param {(url: string, init: RequestInit) => Promise<Response>} browser.fetch
   * @param {Turns} browser.turns
   * @param {Tabs} browser.tabs
   */
  constructor({ fetch, turns, tabs }) {
    this.#fetch = fetch;
    this.#turns = turns;
    this.#tabs = tabs;
    tabs.onmessage = ({ data }) => {
      // Storage may reach this tab after the message about it.
      if (data === "signed_in") prefer("known", "yes");
      else forget("known");
      this.#events.emit(data);
    };
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  on(event, listener) {
    this.#events.on(event, listener);
  }

  /**
   * @param {string} login
   * @param {string} password
   * @returns {Promise<SignedIn>}
   * @throws {ApiError}
   */
  async signIn(login, password) {
    const signedIn = await this.#turns.request(TURN, () => this.#post("/auth/login", { login, password }));
    prefer("known", "yes");
    this.#tabs.postMessage("signed_in");
    return signedIn;
  }

  /**
   * An access token by the cookie; null where nobody is signed in.
   * @returns {Promise<string | null>}
   * @throws {ApiError} when the gateway cannot say now
   */
  async renew() {
    if (preference("known") === null) return null; // asking would be a refusal on the console
    try {
      return (await this.#turns.request(TURN, () => this.#post("/auth/refresh", {}))).access_token;
    } catch (error) {
      if (/** @type {ApiError} */ (error).status !== 401) throw error;
      forget("known");
      return null;
    }
  }

  /**
   * Here and in the other tabs, also where the gateway cannot be told; `everywhere`: on other devices too.
   * @param {{everywhere?: boolean}} [where]
   * @returns {Promise<boolean>} whether the gateway was told
   */
  async signOut({ everywhere = false } = {}) {
    if (preference("known") === null) return false;
    forget("known");
    this.#tabs.postMessage("signed_out");
    const leave = () => this.#post("/auth/logout", { everywhere });
    return this.#turns.request(TURN, leave).then(() => true, () => false);
  }

  /** @param {string} path @param {Record<string, string | boolean>} body */
  async #post(path, body) {
    const response = await this.#ask(path, body);
    const answer = response.status === 204 ? {} : await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer;
    throw new ApiError(response.status, answer?.error, retryAfterOf(response));
  }

  /** @param {string} path @param {Record<string, string | boolean>} body */
  async #ask(path, body) {
    try {
      return await this.#fetch(path, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify(body),
        cache: "no-store",
        credentials: "same-origin",
        redirect: "error",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
    } catch {
      throw new ApiError(0);
    }
  }
}

/** @returns {Account} */
export function browserAccount() {
  return new Account({
    fetch: (url, init) => globalThis.fetch(url, init),
    turns: navigator.locks,
    tabs: new BroadcastChannel("iaqverse.account"),
  });
}

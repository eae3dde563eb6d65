/** Who is signed in: the token lives in this page's memory only, never in storage or in an address. */

import { Emitter } from "../transport/emitter.js";

/** Fires `ended` with a reason (`expired`, `signed_out` or null) when a person has to sign in. */
export class Session {
  #events = new Emitter(["ended", "began"]);
  /** @type {string | null} */ #token = null;
  /** @type {import("../transport/renewal.js").Renew} */ #renewal = async () => null;
  /** @type {Promise<string | null> | null} */ #renewing = null;
  /** @type {{promise: Promise<string>, resolve: (token: string) => void} | null} */ #asked = null;

  get token() {
    return this.#token;
  }

  /**
   * What the token says of its person; null without one that says it.
   * @returns {{tenant: string, sub: string, role: string, topics?: string[], sensors?: string[]} | null}
   */
  get claims() {
    try {
      return JSON.parse(atob((this.#token ?? "").split(".")[1].replaceAll("-", "+").replaceAll("_", "/")));
    } catch {
      return null;
    }
  }

  /** Whose token it is, and what it may see. @returns {string | null} */
  get who() {
    const { claims } = this;
    return claims && JSON.stringify([claims.tenant, claims.sub, claims.topics, claims.sensors]);
  }

  /** @param {string} event @param {(detail: any) => void} listener */
  on(event, listener) {
    this.#events.on(event, listener);
  }

  /** @param {string} token */
  begin(token) {
    this.#token = token;
    this.#asked?.resolve(token);
    this.#asked = null;
    this.#events.emit("began");
  }

  /** The token in hand or, after somebody has signed in, the new one. @returns {Promise<string>} */
  async need() {
    return this.#token ?? this.#ask(null);
  }

  /** @param {import("../transport/renewal.js").Renew} renewal what gets a fresh token without the person */
  setRenewal(renewal) {
    this.#renewal = renewal;
  }

  /**
   * Another token than this one, without the person: the one in hand, or a fresh one; null when
   * there is none to be had. Asked for once at a time, however many need it.
   * @param {string | null} ended
   */
  async replace(ended) {
    if (this.#token !== ended) return this.#token;
    if (ended === null) return null;
    this.#renewing ??= this.#renewal().finally(() => (this.#renewing = null));
    const fresh = await this.#renewing;
    if (fresh === null || this.#token === null) return null;
    this.#token = fresh;
    return fresh;
  }

  /** The gateway refused this token: another, from the person if need be. @param {string | null} refused */
  async renew(refused) {
    const other = await this.replace(refused);
    if (other !== null) return other;
    if (this.#token !== null && this.#token !== refused) return this.#token;
    this.#token = null;
    return this.#ask("expired");
  }

  /** @param {"signed_out" | "expired"} [reason] */
  end(reason = "signed_out") {
    this.#token = null;
    this.#ask(reason);
  }

  /** @param {string | null} reason @returns {Promise<string>} one promise for all who wait */
  #ask(reason) {
    if (!this.#asked) {
      /** @type {(token: string) => void} */
      let resolve = () => {};
      const promise = new Promise((/** @type {(token: string) => void} */ done) => (resolve = done));
      this.#asked = { promise, resolve };
      this.#events.emit("ended", reason);
    }
    return this.#asked.promise;
  }
}

/** Where a tenant's alerts go beside the pages, as the gateway keeps it (docs/protocol.md §3.6). */

import { condition } from "../transport/http.js";

/**
 * @typedef {{kind: "email", to: string, least: string}} Email
 * @typedef {{kind: "webhook", url: string, secret?: string | null, least: string}} Webhook
 */

const PATH = "/api/alerts/outlets";

export class Outlets {
  #http;
  #version = 0;
  /** @type {(Email | Webhook)[]} */ all = [];
  /** Whether the gateway can send mails. */
  mail = false;
  /** Who sees a part alone has no say in them. */
  mine = true;

  /** @param {Pick<import("../transport/http.js").Http, "get" | "act">} http */
  constructor(http) {
    this.#http = http;
  }

  /** @param {AbortSignal} [signal] @throws {import("../transport/http.js").ApiError} */
  async load(signal) {
    if (!this.mine) return;
    try {
      this.#take(await this.#http.get(PATH, {}, signal));
    } catch (error) {
      if (/** @type {import("../transport/http.js").ApiError} */ (error).status !== 403) throw error;
      this.mine = false;
    }
  }

  /** @param {Email | Webhook} outlet @throws {import("../transport/http.js").ApiError} */
  async add(outlet) {
    await this.#replace([...this.all, outlet]);
  }

  /** @param {Email | Webhook} outlet @throws {import("../transport/http.js").ApiError} */
  async remove(outlet) {
    await this.#replace(this.all.filter((each) => keyOf(each) !== keyOf(outlet)));
  }

  /** @param {(Email | Webhook)[]} outlets */
  async #replace(outlets) {
    this.#take(await this.#http.act("PUT", PATH, {}, { outlets }, condition(this.#version)));
  }

  /** @param {{outlets: (Email | Webhook)[], version: number, mail: boolean}} kept */
  #take({ outlets, version, mail }) {
    this.all = outlets;
    this.mail = mail;
    this.#version = version;
  }
}

/** @param {Email | Webhook} outlet */
export function keyOf(outlet) {
  return outlet.kind === "email" ? `mailto:${outlet.to} ${outlet.least}` : `${outlet.url} ${outlet.least}`;
}

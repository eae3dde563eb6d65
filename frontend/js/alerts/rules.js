/** The rules of a tenant, as the gateway keeps them (docs/protocol.md §3.6): all of them at once, by version. */

import { condition } from "../transport/http.js";

/**
 * @typedef {object} Rule
 * @property {string} id
 * @property {string} quantity
 * @property {"above" | "below"} side
 * @property {number} threshold
 * @property {"info" | "warning" | "critical"} severity
 * @property {number} [duration] seconds
 * @property {number} [hysteresis]
 * @property {string} [enseigne]
 * @property {string} [salle]
 * @property {{begin: string, end: string, zone: string}} [quiet]
 */

const PATH = "/api/alerts/rules";

export class Rules {
  #http;
  #version = 0;
  /** @type {Rule[]} */ all = [];
  /** Whether the tenant has made its own, in place of the defaults. */
  own = false;

  /** @param {Pick<import("../transport/http.js").Http, "get" | "act">} http */
  constructor(http) {
    this.#http = http;
  }

  /** @param {AbortSignal} [signal] @throws {import("../transport/http.js").ApiError} */
  async load(signal) {
    this.#take(await this.#http.get(PATH, {}, signal));
  }

  /** As they are now: what a form that opens now changes, whatever is loaded until it is saved. */
  get seen() {
    return { rules: this.all, version: this.#version };
  }

  /**
   * In the place of the one with its id, or beside the others.
   * @param {Rule} rule
   * @param {{rules: Rule[], version: number}} seen by who wrote it: a change that came since is not undone
   * @throws {import("../transport/http.js").ApiError}
   */
  async put(rule, { rules, version } = this.seen) {
    const known = rules.some(({ id }) => id === rule.id);
    await this.#replace(known ? rules.map((each) => (each.id === rule.id ? rule : each)) : [...rules, rule], version);
  }

  /** @param {string} id @throws {import("../transport/http.js").ApiError} */
  async remove(id) {
    await this.#replace(this.all.filter((rule) => rule.id !== id));
  }

  /** @throws {import("../transport/http.js").ApiError} */
  async backToDefaults() {
    await this.#http.act("DELETE", PATH, {}, undefined, condition(this.#version));
    await this.load();
  }

  /** @param {Rule[]} rules */
  async #replace(rules, version = this.#version) {
    this.#take(await this.#http.act("PUT", PATH, {}, { rules }, condition(version)));
  }

  /** @param {{rules: Rule[], own: boolean, version: number}} kept */
  #take({ rules, own, version }) {
    this.all = rules;
    this.own = own;
    this.#version = version;
  }
}

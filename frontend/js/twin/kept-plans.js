/** The plans that a tenant's people drew, as the gateway keeps them (docs/protocol.md §3.7). */

import { condition } from "../transport/http.js";

/** @typedef {{plan: import("./plan.js").Plan, version: number, changed_by?: string}} Kept */

export class KeptPlans {
  #http;
  /** By enseigne. @type {Map<string, Kept>} */ #kept = new Map();

  /** @param {Pick<import("../transport/http.js").Http, "get" | "act">} http */
  constructor(http) {
    this.#http = http;
  }

  /** @param {string} enseigne @returns {Kept | null} */
  of(enseigne) {
    return this.#kept.get(enseigne) ?? null;
  }

  /** As they are now. @throws {import("../transport/http.js").ApiError} */
  async load() {
    /** @type {{plans: (Kept & {enseigne: string})[]}} */ const { plans } = await this.#http.get("/api/plans");
    this.#kept = new Map(plans.map(({ enseigne, ...kept }) => [enseigne, kept]));
  }

  /**
   * On the version that its author saw.
   * @param {string} enseigne
   * @param {import("./plan.js").Plan} plan
   * @param {number} seen 0: there was none
   * @throws {import("../transport/http.js").ApiError} 412 where somebody was quicker
   */
  async save(enseigne, plan, seen) {
    const { version, plan: kept } = await this.#http.act("PUT", path(enseigne), {}, plan, condition(seen));
    this.#kept.set(enseigne, { plan: kept, version });
  }

  /** @param {string} enseigne @param {number} seen @throws {import("../transport/http.js").ApiError} as `save` */
  async remove(enseigne, seen) {
    await this.#http.act("DELETE", path(enseigne), {}, undefined, condition(seen));
    this.#kept.delete(enseigne);
  }
}

/** @param {string} enseigne */
function path(enseigne) {
  return `/api/plans/${encodeURIComponent(enseigne)}`;
}

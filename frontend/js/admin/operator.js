/** What an operator asks of the gateway and has it do, about one tenant or, where that can be, about all. */

const LISTED = 100;

export class Operator {
  #http;
  /** Null: the operator's own, or all. @type {string | null} */ tenant = null;

  /** @param {import("../transport/http.js").Http} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * @param {string} what e.g. `connections/closed`
   * @param {Record<string, string>} [query]
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   * @throws {import("../transport/http.js").ApiError}
   */
  async read(what, query = {}, signal) {
    return this.#http.get(`/api/admin/${what}`, { limit: String(LISTED), ...this.#about(), ...query }, signal);
  }

  /**
   * @param {"POST" | "PATCH" | "DELETE"} method
   * @param {string[]} path its parts as they are named, e.g. `["devices", "d 1", "revoke"]`
   * @param {object} [body]
   * @returns {Promise<any>}
   * @throws {import("../transport/http.js").ApiError}
   */
  async act(method, path, body) {
    return this.#http.act(method, `/api/admin/${path.map(encodeURIComponent).join("/")}`, this.#about(), body);
  }

  /** Whether the parts of the gateway work, as orchestrators ask. @param {AbortSignal} [signal] */
  async health(signal) {
    return this.#http.get("/health/ready", {}, signal);
  }

  /** @returns {Record<string, string>} */
  #about() {
    return this.tenant === null ? {} : { tenant: this.tenant };
  }
}

/** The gateway's HTTP routes for a dashboard. */

/** Records of an answer: what the gateway gives at most unless it is set to less. */
const MAX_RECORDS = 10_000;

/**
 * @typedef {import("./protocol.js").Message} Message
 * @typedef {{position: string, messages: Message[], more: boolean, recovered?: boolean}} Page
 *   `recovered` false: not everything after the position could be given
 * @typedef {{hours?: number, start?: string, end?: string, enseigne?: string, salle?: string,
 *   sensor_id?: string, limit?: number,
 *   step?: "raw" | "5min" | "hourly" | "daily"}} HistoryQuery `hours` or `start`; without `step` raw
 */

export class Api {
  #http;

  /** @param {Pick<import("./http.js").Http, "get">} http */
  constructor(http) {
    this.#http = http;
  }

  /**
   * Everything after a position, or, without one, the newest.
   * @param {{topics: Iterable<string>, after: string | null, limit: number, signal?: AbortSignal}} query
   * @returns {Promise<Page>}
   */
  async messages({ topics, after, limit, signal }) {
    const query = { topics: [...topics].join(","), limit: String(limit), ...(after && { after }) };
    return this.#http.get("/api/messages", query, signal);
  }

  /**
   * @param {HistoryQuery} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<Message[]>} records in the form of a measurement, oldest first
   */
  async history({ limit = MAX_RECORDS, ...query }, signal) {
    const asked = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
    try {
      return await this.#http.get("/api/iaq/data", { ...asked, limit: String(limit) }, signal);
    } catch (error) {
      // A gateway that is set to fewer records refuses the number, and gives its own default.
      if (/** @type {import("./http.js").ApiError} */ (error).status !== 422) throw error;
      return this.#http.get("/api/iaq/data", asked, signal);
    }
  }
}

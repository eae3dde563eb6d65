/** The gateway's HTTP routes for a dashboard, with its token and its one shape of error. */

const TIMEOUT_MS = 10_000;

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

/** `status` 0: nothing answered. `retryAfter` in seconds, null when the gateway named no time. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, message?: string, request_id?: string}} [body]
   * @param {number | null} [retryAfter]
   */
  constructor(status, body = {}, retryAfter = null) {
    super(body.message ?? `the gateway answered ${status}`);
    this.status = status;
    this.code = body.code ?? (status === 0 ? "unreachable" : "unknown");
    this.requestId = body.request_id ?? null;
    this.retryAfter = retryAfter;
  }
}

export class Api {
  #fetch;
  #base;
  #token;
  #replace;

  /**
   * @param {object} options
   * @param {() => string | null} options.token
   * @param {(ended: string) => Promise<string | null>} [options.replace] another token for one that ended; null: none
   * @param {(url: string, init: RequestInit) => Promise<Response>} [options.fetch]
   * @param {string} [options.base] e.g. `https://localhost:8443`
   */
  constructor({ token, replace = async () => null, fetch = (url, init) => globalThis.fetch(url, init), base = "" }) {
    this.#token = token;
    this.#replace = replace;
    this.#fetch = fetch;
    this.#base = base;
  }

  /**
   * Everything after a position, or, without one, the newest.
   * @param {{topics: Iterable<string>, after: string | null, limit: number, signal?: AbortSignal}} query
   * @returns {Promise<Page>}
   */
  async messages({ topics, after, limit, signal }) {
    const query = { topics: [...topics].join(","), limit: String(limit), ...(after && { after }) };
    return this.#get("/api/messages", query, signal);
  }

  /**
   * @param {HistoryQuery} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<Message[]>} records in the form of a measurement, oldest first
   */
  async history({ limit = MAX_RECORDS, ...query }, signal) {
    const asked = Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)]));
    try {
      return await this.#get("/api/iaq/data", { ...asked, limit: String(limit) }, signal);
    } catch (error) {
      // A gateway that is set to fewer records refuses the number, and gives its own default.
      if (/** @type {ApiError} */ (error).status !== 422) throw error;
      return this.#get("/api/iaq/data", asked, signal);
    }
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} query
   * @param {AbortSignal} [signal]
   */
  async #get(path, query, signal) {
    const token = this.#token();
    const first = await this.#send(path, query, signal, token);
    const other = first.status === 401 && token ? await this.#another(token) : null;
    const response = other === null ? first : await this.#send(path, query, signal, other);
    const body = await response.json().catch(() => null);
    if (response.ok && body !== null) return body;
    throw new ApiError(response.status, body?.error, retryAfterOf(response));
  }

  /** @param {string} ended */
  async #another(ended) {
    try {
      return await this.#replace(ended);
    } catch {
      throw new ApiError(0);
    }
  }

  /**
   * @param {string} path
   * @param {Record<string, string>} query
   * @param {AbortSignal | undefined} signal
   * @param {string | null} token
   */
  async #send(path, query, signal, token) {
    return this.#ask(`${this.#base}${path}?${new URLSearchParams(query)}`, {
      headers: token ? { Authorization: `Bearer ${token}` } : {},
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]),
    });
  }

  /** @param {string} url @param {RequestInit} init */
  async #ask(url, init) {
    try {
      return await this.#fetch(url, init);
    } catch (error) {
      if (init.signal?.aborted && /** @type {Error} */ (error).name === "AbortError") throw error;
      throw new ApiError(0);
    }
  }
}

/** @param {Response} response @returns {number | null} seconds */
export function retryAfterOf(response) {
  const header = response.headers.get("Retry-After");
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

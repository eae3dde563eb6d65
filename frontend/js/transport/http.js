/** Questions to the gateway over HTTP, with the token of who is signed in and the one shape of errors. */

const TIMEOUT_MS = 10_000;

/** `status` 0: nothing answered. `retryAfter` in seconds, null when the gateway named no time. */
export class ApiError extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, message?: string, request_id?: string, field?: string, part?: string}} [body]
   * @param {number | null} [retryAfter]
   */
  constructor(status, body = {}, retryAfter = null) {
    super(body.message ?? `the gateway answered ${status}`);
    this.status = status;
    this.code = body.code ?? (status === 0 ? "unreachable" : "unknown");
    this.requestId = body.request_id ?? null;
    this.field = body.field ?? null;
    this.part = body.part ?? null;
    this.retryAfter = retryAfter;
  }
}

export class Http {
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
   * @param {string} path
   * @param {Record<string, string>} query
   * @param {AbortSignal} [signal]
   * @returns {Promise<any>}
   * @throws {ApiError}
   */
  async get(path, query = {}, signal) {
    return this.#answered("GET", this.#url(path, query), { signal });
  }

  /**
   * @param {"POST" | "PUT" | "PATCH" | "DELETE"} method
   * @param {string} path
   * @param {Record<string, string>} query
   * @param {object} [body]
   * @param {Record<string, string>} [headers]
   * @returns {Promise<any>} null where there is nothing to tell
   * @throws {ApiError}
   */
  async act(method, path, query = {}, body, headers) {
    return this.#answered(method, this.#url(path, query), { body, headers });
  }

  /** @param {string} path @param {Record<string, string>} query */
  #url(path, query) {
    const asked = String(new URLSearchParams(query));
    return `${this.#base}${path}${asked && "?"}${asked}`;
  }

  /** @param {string} method @param {string} url @param {{body?: object, headers?: Record<string, string>, signal?: AbortSignal}} how */
  async #answered(method, url, how) {
    const token = this.#token();
    const first = await this.#send(method, url, how, token);
    const other = first.status === 401 && token ? await this.#another(token) : null;
    const response = other === null ? first : await this.#send(method, url, how, other);
    if (response.status === 204) return null;
    const answer = await response.json().catch(() => null);
    if (response.ok && answer !== null) return answer;
    throw new ApiError(response.status, answer?.error, retryAfterOf(response));
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
   * @param {string} method
   * @param {string} url
   * @param {{body?: object, headers?: Record<string, string>, signal?: AbortSignal}} how
   * @param {string | null} token
   */
  async #send(method, url, { body, headers, signal }, token) {
    return this.#ask(url, {
      method,
      headers: {
        ...headers,
        ...(token && { Authorization: `Bearer ${token}` }),
        ...(body && { "Content-Type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
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

/**
 * For a change of what has a version: on the one that its author saw.
 * @param {number} seen 0: there was none
 * @returns {Record<string, string>} headers
 */
export function condition(seen) {
  return seen === 0 ? { "If-None-Match": "*" } : { "If-Match": `"${seen}"` };
}

/** @param {Response} response @returns {number | null} seconds */
export function retryAfterOf(response) {
  const header = response.headers.get("Retry-After");
  return header !== null && /^\d+$/.test(header) ? Number(header) : null;
}

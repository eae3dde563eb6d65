/** What a connection is subscribed to, and what it should be: the two meet at each greeting. */

import { canonicalTopic, topicsCommand } from "./protocol.js";

/** As documented: a new connection is subscribed to everything. */
const DEFAULT = "all";

export class Subscriptions {
  #wanted = new Set([DEFAULT]);
  /** @type {string[] | null} */ #current = null;
  /** Topics of subscribe commands that are not answered yet. @type {Map<number, string[]>} */
  #pending = new Map();
  #lastId = 0;
  /** The command that goes on from a position, until it is answered. @type {{id: number, after: string} | null} */
  #resumption = null;

  /** What to ask for at the next connection. @returns {ReadonlySet<string>} */
  get wanted() {
    return this.#wanted;
  }

  /** @returns {string[]} */
  get names() {
    return [...(this.#current ?? this.#wanted)];
  }

  /** @param {string[]} topics @param {boolean} connected @returns {string | null} what to send */
  add(topics, connected) {
    const canonical = topics.map(canonicalTopic);
    for (const topic of canonical) this.#wanted.add(topic);
    return connected && canonical.length ? this.#subscribe(canonical) : null;
  }

  /** @param {string[]} topics @param {boolean} connected @returns {string | null} what to send */
  remove(topics, connected) {
    const canonical = topics.map(canonicalTopic);
    for (const topic of canonical) this.#wanted.delete(topic);
    return connected && canonical.length ? topicsCommand("unsubscribe", canonical, ++this.#lastId) : null;
  }

  /**
   * @param {string[]} subscriptions those of the greeting
   * @returns {(string | null)[]} commands that bring the connection to what is wanted
   */
  greeted(subscriptions) {
    const current = new Set(subscriptions.map(canonicalTopic));
    this.#current = [...current];
    const missing = [...this.#wanted].filter((topic) => !current.has(topic));
    const surplus = [...current].filter((topic) => !this.#wanted.has(topic));
    return [
      missing.length ? this.#subscribe(missing) : null,
      surplus.length ? topicsCommand("unsubscribe", surplus, ++this.#lastId) : null,
    ];
  }

  /**
   * All that is wanted, and first what came after a position. Asking for nothing is left out.
   * @param {string} after
   * @returns {string | null}
   */
  resume(after) {
    if (this.#wanted.size === 0) return null;
    this.#resumption = { id: ++this.#lastId, after };
    return topicsCommand("subscribe", this.#wanted, this.#resumption.id, after);
  }

  /** @param {unknown} id of a command @returns {string | null} the position it wanted to go on from */
  resumes(id) {
    return this.#resumption && this.#resumption.id === id ? this.#resumption.after : null;
  }

  /**
   * @param {Record<string, any>} message an answer, which names the whole current set
   * @returns {boolean} whether it answers the resumption
   */
  answered(message) {
    const resumed = this.resumes(message.id) !== null;
    if (resumed) this.#resumption = null;
    this.#pending.delete(message.id);
    this.#current = message.topics;
    return resumed;
  }

  /**
   * Topics that were refused are not asked for again: in the next handshake they would cost the
   * connection.
   * @param {Record<string, any>} message
   */
  refused(message) {
    for (const topic of this.#pending.get(message.id) ?? []) {
      if (!this.#current?.includes(topic)) this.#wanted.delete(topic);
    }
    this.#pending.delete(message.id);
  }

  ended() {
    this.#current = null;
    this.#resumption = null;
    this.#pending.clear();
  }

  /** @param {string[]} topics */
  #subscribe(topics) {
    const id = ++this.#lastId;
    this.#pending.set(id, topics);
    return topicsCommand("subscribe", topics, id);
  }
}

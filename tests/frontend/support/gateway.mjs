/** The HTTP side of a gateway: one order of messages, asked by position, as `/api/messages` is. */

import { ApiError } from "../../../frontend/js/transport/http.js";

export class Gateway {
  /** @type {any[]} */ messages = [];
  /** @type {ApiError | null} */ failure = null;
  /** From before this position not everything can be given. */
  oldest = 0;
  asked = [];
  page = 500;

  publish(message) {
    const kept = { ...message, position: `e1.${this.messages.length + 1}` };
    this.messages.push(kept);
    return kept;
  }

  get position() {
    return `e1.${this.messages.length}`;
  }

  /** Answer the socket's `subscribe {after}`, as the gateway does: the answer, then what came after. */
  resumes(socket) {
    const { id, topics, after } = socket.sent.findLast(({ type }) => type === "subscribe");
    const from = Number(after.split(".")[1]);
    const recovered = from >= this.oldest;
    socket.says({ type: "subscribed", topics, id, recovered, position: recovered ? after : this.position });
    if (recovered) for (const message of this.messages.slice(from)) socket.says(message);
  }

  api = {
    messages: async (query) => {
      query = { ...query, topics: [...query.topics] };
      if (query.topics.includes("all")) this.asked.push(query.after);
      await null;
      if (this.failure) throw this.failure;
      const from = query.after === null ? -1 : Number(query.after.split(".")[1]);
      const recovered = from >= this.oldest;
      if (!recovered) {
        const chosen = this.messages.filter(({ type }) => query.topics.includes("all") || query.topics.includes(`${type}s`));
        return { position: this.position, recovered, more: false, messages: chosen.slice(-query.limit) };
      }
      const end = Math.min(this.messages.length, from + this.page);
      return { position: `e1.${end}`, recovered, more: end < this.messages.length, messages: this.messages.slice(from, end) };
    },
    history: async () => {
      await null;
      if (this.failure) throw this.failure;
      return this.messages.filter(({ type }) => type === "measurement");
    },
  };

  fail(status, retryAfter = null) {
    this.failure = new ApiError(status, { code: "test" }, retryAfter);
  }

  heal() {
    this.failure = null;
  }
}

/** The HTTP side of a gateway: one order of messages, asked by position, as `/api/messages` is. */

import { ApiError } from "../../../frontend/js/api.js";
export class Gateway {
  /** @type {any[]} */ messages = [];
  /** @type {ApiError | null} */ failure = null;
  /** Positions before this one are gone. */
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

  api = {
    messages: async (query) => {
      this.asked.push(query.after);
      await null;
      if (this.failure) throw this.failure;
      const from = query.after === null ? this.messages.length : Number(query.after.split(".")[1]);
      if (from < this.oldest) throw new ApiError(410, { code: "position_gone" });
      const end = Math.min(this.messages.length, from + this.page);
      return { position: `e1.${end}`, messages: this.messages.slice(from, end), more: end < this.messages.length };
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

/** Does what somebody wants done, and says how it went. */

import { h, setText } from "../page/dom.js";
import { trouble } from "./trouble.js";

export class Acts {
  /** Spoken to a screen reader as it changes. */
  node = h("p", { class: "notice", role: "status" });
  #language;
  #changed;

  /**
   * @param {import("../i18n/language.js").Language} language
   * @param {() => void} changed what is shown is of before
   */
  constructor(language, changed) {
    this.#language = language;
    this.#changed = changed;
  }

  /**
   * @template T
   * @param {string} done said when it is
   * @param {() => Promise<T>} run
   * @param {string} [question] asked first
   * @returns {Promise<T | null>} null where it was not done
   */
  async perform(done, run, question) {
    if (question && !confirm(question)) return null;
    try {
      const answer = await run();
      this.done(done);
      return answer;
    } catch (error) {
      this.say(trouble(this.#language, error), "bad");
      this.#changed();
      return null;
    }
  }

  /** Something was done: say so, and show it. @param {string} words */
  done(words) {
    this.say(words);
    this.#changed();
  }

  /** @param {string} words @param {"good" | "bad"} tone */
  say(words, tone = "good") {
    this.node.dataset.tone = tone;
    setText(this.node, words);
  }

  /** The gateway did not answer, or did again. @param {unknown} error null: it did */
  reached(error) {
    if (error !== null) this.say(trouble(this.#language, error), "bad");
    else if (this.node.dataset.reached === "no") this.say("");
    this.node.dataset.reached = error === null ? "yes" : "no";
  }
}

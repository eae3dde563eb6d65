/** One enseigne: its name, and its plan. */

import { h } from "../page/dom.js";
import { PlanView } from "./plan-view.js";

export class SiteView {
  #plan;
  node;

  /**
   * @param {object} options
   * @param {import("../i18n/language.js").Language} options.language
   * @param {string} options.enseigne
   * @param {(key: string) => void} options.onChoose
   */
  constructor({ language, enseigne, onChoose }) {
    this.#plan = new PlanView({ language, enseigne, onChoose });
    this.node = h("section", { class: "plan" }, h("h2", { class: "group__name" }, enseigne), this.#plan.node);
  }

  /** @param {import("./plan-view.js").Shown} shown */
  update(shown) {
    this.#plan.update(shown);
  }

  destroy() {
    this.#plan.destroy();
  }
}

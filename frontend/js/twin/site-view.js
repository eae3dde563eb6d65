/** One enseigne: its plan, and, for who may, the plan as it is drawn. */

import { h, setText } from "../page/dom.js";
import { icon } from "../shell/icons.js";
import { begun } from "./edits.js";
import { PlanEditor } from "./editor.js";
import { PlanView, planOf } from "./plan-view.js";

/** Pixels: a plan by itself is drawn on as for a desk, on a phone as well. */
const DESK = 900;

/** @typedef {import("./plan-view.js").Shown} Shown */

export class SiteView {
  #language;
  #enseigne;
  #kept;
  #view;
  /** @type {PlanEditor | null} */ #editor = null;
  /** The version that is drawn on; 0: none was kept. */
  #seen = 0;
  /** @type {Shown | null} */ #shown = null;
  #acts = h("div", { class: "plan__acts" });
  #complaint = h("p", { class: "notice", role: "alert", "data-tone": "bad" });
  #mayDraw;
  node;

  /**
   * @param {object} options
   * @param {import("../i18n/language.js").Language} options.language
   * @param {string} options.enseigne
   * @param {(key: string) => void} options.onChoose
   * @param {import("./kept-plans.js").KeptPlans} options.kept
   * @param {boolean} options.mayDraw
   */
  constructor({ language, enseigne, onChoose, kept, mayDraw }) {
    this.#language = language;
    this.#enseigne = enseigne;
    this.#kept = kept;
    this.#mayDraw = mayDraw;
    this.#view = new PlanView({ language, enseigne, onChoose });
    this.node = h("section", { class: "plan", "aria-label": language.t("twin.plan", { enseigne }) },
      h("div", { class: "plan__head" }, h("h2", { class: "group__name" }, enseigne), this.#acts),
      this.#complaint, this.#view.node);
    this.#offer();
  }

  /** @param {Omit<Shown, "drawn">} shown */
  update(shown) {
    this.#shown = { ...shown, drawn: this.#kept.of(this.#enseigne)?.plan ?? null };
    if (!this.#editor) this.#view.update(this.#shown);
  }

  destroy() {
    this.#view.destroy();
    this.#editor?.destroy();
  }

  #begin() {
    if (!this.#shown) return;
    this.#seen = this.#kept.of(this.#enseigne)?.version ?? 0;
    const things = [...this.#shown.things.values()].flat();
    this.#editor = new PlanEditor({
      language: this.#language, enseigne: this.#enseigne, plan: begun(planOf(this.#shown, DESK)),
      known: { salles: this.#shown.rooms.map(({ salle }) => salle), things },
    });
    this.#view.node.replaceWith(this.#editor.node);
    this.#offer();
  }

  #end() {
    this.#editor?.node.replaceWith(this.#view.node);
    this.#editor?.destroy();
    this.#editor = null;
    this.#complain("");
    if (this.#shown) this.update(this.#shown);
    this.#offer();
    /** @type {HTMLElement | null} */ (this.#acts.querySelector("button"))?.focus();
  }

  /** What can be done now. */
  #offer() {
    const t = this.#language.t.bind(this.#language);
    if (!this.#mayDraw) return;
    if (!this.#editor) {
      this.#acts.replaceChildren(act(t("draw.begin"), () => this.#begin(), "draw"));
      return;
    }
    this.#acts.replaceChildren(
      act(t("draw.save"), () => this.#save(), null, "editor__save"),
      act(t("draw.cancel"), () => this.#end()),
      ...(this.#seen ? [act(t("draw.byItself"), () => this.#byItself())] : []));
  }

  async #save() {
    const plan = this.#editor?.plan;
    if (plan) await this.#try(() => this.#kept.save(this.#enseigne, plan, this.#seen));
  }

  async #byItself() {
    if (confirm(this.#language.t("draw.byItselfSure"))) await this.#try(() => this.#kept.remove(this.#enseigne, this.#seen));
  }

  /** @param {() => Promise<void>} change */
  async #try(change) {
    try {
      await change();
      this.#end();
    } catch (error) {
      if (/** @type {import("../transport/http.js").ApiError} */ (error).status === 412) await this.#conflict();
      else this.#complain(this.#language.t("draw.failed"));
    }
  }

  /** Nobody's drawing is lost without being asked about. */
  async #conflict() {
    await this.#kept.load().catch(() => {});
    const theirs = this.#kept.of(this.#enseigne);
    const t = this.#language.t.bind(this.#language);
    this.#complain(t("draw.conflict", { who: theirs?.changed_by ?? "" }));
    this.#acts.replaceChildren(
      act(t("draw.theirs"), () => this.#end()),
      act(t("draw.mine"), () => {
        this.#seen = theirs?.version ?? 0;
        this.#complain("");
        this.#offer();
        return this.#save();
      }));
  }

  /** @param {string} words */
  #complain(words) {
    setText(this.#complaint, words);
  }
}

/** @param {string} words @param {() => unknown} run @param {string | null} [picture] @param {string} [more] */
function act(words, run, picture = null, more = "") {
  return h("button", { class: `small-button ${more}`.trim(), type: "button", onclick: run }, picture && icon(picture), words);
}

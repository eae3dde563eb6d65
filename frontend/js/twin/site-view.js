/** One enseigne: its plan, and, for who may, the plan as it is drawn. */

import { h, setText } from "../page/dom.js";
import { icon } from "../shell/icons.js";
import { begun } from "./edits.js";
import { PlanEditor } from "./editor.js";
import { PlanView, planOf } from "./plan-view.js";

/** Pixels: a plan by itself is drawn on as for a desk, on a phone as well. */
const DESK = 900;

/** @typedef {import("./plan-view.js").Shown} Shown */

/**
 * What somebody was drawing when the page turned away, for another language or another page: by person and site.
 * @type {Map<string, {plan: import("./plan.js").Plan, seen: number}>}
 */
const unsaved = new Map();

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
  #drawnBy;
  node;

  /**
   * @param {object} options
   * @param {import("../i18n/language.js").Language} options.language
   * @param {string} options.enseigne
   * @param {(key: string) => void} options.onChoose
   * @param {import("./kept-plans.js").KeptPlans} options.kept
   * @param {boolean} options.mayDraw
   * @param {string | null} options.who
   */
  constructor({ language, enseigne, onChoose, kept, mayDraw, who }) {
    this.#language = language;
    this.#enseigne = enseigne;
    this.#kept = kept;
    this.#mayDraw = mayDraw;
    this.#drawnBy = JSON.stringify([who, enseigne]);
    this.#view = new PlanView({ language, enseigne, onChoose });
    this.node = h("section", { class: "plan", "aria-label": language.t("twin.plan", { enseigne }) },
      h("div", { class: "plan__head" }, h("h2", { class: "group__name" }, enseigne), this.#acts),
      this.#complaint, this.#view.node);
    this.#offer();
  }

  /** @param {Omit<Shown, "drawn">} shown */
  update(shown) {
    this.#shown = { ...shown, drawn: this.#kept.of(this.#enseigne)?.plan ?? null };
    if (this.#editor) return;
    this.#view.update(this.#shown);
    const left = unsaved.get(this.#drawnBy);
    if (left) this.#begin(this.#shown, left.plan, left.seen);
  }

  destroy() {
    if (this.#editor) unsaved.set(this.#drawnBy, { plan: this.#editor.plan, seen: this.#seen });
    this.#view.destroy();
    this.#editor?.destroy();
  }

  /** @param {Shown} shown @param {import("./plan.js").Plan} plan @param {number} seen */
  #begin(shown, plan, seen) {
    unsaved.delete(this.#drawnBy);
    this.#seen = seen;
    const things = [...shown.things.values()].flat();
    this.#editor = new PlanEditor({
      language: this.#language, enseigne: this.#enseigne, plan,
      known: { salles: shown.rooms.map(({ salle }) => salle), things },
    });
    this.#view.node.replaceWith(this.#editor.node);
    this.#offer();
  }

  /** With what is shown. */
  #beginAnew() {
    const shown = this.#shown;
    if (shown) this.#begin(shown, begun(planOf(shown, DESK)), this.#kept.of(this.#enseigne)?.version ?? 0);
  }

  #end() {
    this.#editor?.node.replaceWith(this.#view.node);
    this.#editor?.destroy();
    this.#editor = null;
    setText(this.#complaint, "");
    if (this.#shown) this.update(this.#shown);
    this.#offer();
    /** @type {HTMLElement | null} */ (this.#acts.querySelector("button"))?.focus();
  }

  /** What can be done now. */
  #offer() {
    const t = this.#language.t.bind(this.#language);
    if (!this.#mayDraw) return;
    if (!this.#editor) {
      this.#acts.replaceChildren(act(t("draw.begin"), () => this.#beginAnew(), "draw"));
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
      else setText(this.#complaint, this.#language.t("draw.failed"));
    }
  }

  /** Nobody's drawing is lost without being asked about. */
  async #conflict() {
    await this.#kept.load().catch(() => {});
    const theirs = this.#kept.of(this.#enseigne);
    const t = this.#language.t.bind(this.#language);
    setText(this.#complaint, t("draw.conflict", { who: theirs?.changed_by ?? "" }));
    this.#acts.replaceChildren(
      act(t("draw.theirs"), () => this.#end()),
      act(t("draw.mine"), () => {
        this.#seen = theirs?.version ?? 0;
        setText(this.#complaint, "");
        this.#offer();
        return this.#save();
      }));
  }
}

/** @param {string} words @param {() => unknown} run @param {string | null} [picture] @param {string} [more] */
function act(words, run, picture = null, more = "") {
  return h("button", { class: `small-button ${more}`.trim(), type: "button", onclick: run }, picture && icon(picture), words);
}

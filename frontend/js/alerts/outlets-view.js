/** The list of outlets, and the ways to add to it. */

import { form } from "../controls/form.js";
import { Table } from "../controls/table.js";
import { h } from "../page/dom.js";
import { keyOf } from "./outlets.js";

const SEVERITIES = ["info", "warning", "critical"];

export class OutletsView {
  #language;
  #outlets;
  #acts;
  #table;
  #mail;
  node;

  /**
   * @param {import("../i18n/language.js").Language} language
   * @param {import("./outlets.js").Outlets} outlets
   * @param {import("../controls/acts.js").Acts} acts
   */
  constructor(language, outlets, acts) {
    const t = language.t.bind(language);
    this.#language = language;
    this.#outlets = outlets;
    this.#acts = acts;
    this.#table = new Table({
      caption: t("alerts.outlets"),
      empty: t("alerts.noOutlets"),
      key: keyOf,
      columns: [
        { title: t("alerts.outlet"), show: (outlet) => ({ text: outlet.kind === "email" ? outlet.to : outlet.url, note: t(`alerts.outlet.${outlet.kind}`) }) },
        { title: t("alerts.least"), show: ({ least }) => ({ text: t(`severity.${least}`) }) },
      ],
      actsTitle: t("control.acts"),
      acts: (outlet) => [{ words: t("alerts.remove"), grave: true, run: () => acts.perform(t("alerts.outletsSaved"), () => outlets.remove(outlet)) }],
    });
    this.#mail = this.#button(t("alerts.addMail"), () => this.#add("email"));
    this.node = h("section", { class: "section" },
      h("h2", { class: "section__title" }, t("alerts.outlets")),
      h("p", { class: "section__note" }, t("alerts.outletsLead")),
      h("div", { class: "section__tools alerts__tools" }, this.#mail, this.#button(t("alerts.addWebhook"), () => this.#add("webhook"))),
      this.#table.node);
  }

  update() {
    this.node.hidden = !this.#outlets.mine;
    this.#mail.hidden = !this.#outlets.mail;
    this.#table.update(this.#outlets.all);
  }

  /** @param {"email" | "webhook"} kind */
  #add(kind) {
    const t = this.#language.t.bind(this.#language);
    const least = { name: "least", label: t("alerts.least"), choices: Object.fromEntries(SEVERITIES.map((each) => [each, t(`severity.${each}`)])), value: "warning" };
    const where = kind === "email"
      ? [{ name: "to", label: t("alerts.address"), required: true }]
      : [
        { name: "url", label: t("alerts.url"), hint: t("alerts.urlHint"), required: true },
        { name: "secret", label: t("alerts.secret"), hint: t("alerts.secretHint"), required: true },
      ];
    form(this.#language, {
      title: t(kind === "email" ? "alerts.addMail" : "alerts.addWebhook"),
      submit: t("control.save"),
      fields: [...where, least],
      run: async (values) => {
        await this.#outlets.add(/** @type {any} */ ({ kind, ...values }));
        return () => {
          this.update();
          this.#acts.say(t("alerts.outletsSaved"));
        };
      },
    });
  }

  /** @param {string} words @param {() => void} run */
  #button(words, run) {
    return h("button", { class: "small-button", type: "button", onclick: run }, words);
  }
}

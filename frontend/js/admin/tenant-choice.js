/** The platform's operators choose whom the page is about: one tenant, or the platform itself. */

import { h } from "../page/dom.js";

const MOST = "1000";

export class TenantChoice {
  node;
  #select;
  #operator;
  #platform;
  #known = "";

  /**
   * @param {import("../i18n/language.js").Language} language
   * @param {import("./operator.js").Operator} operator
   * @param {() => void} changed
   */
  constructor(language, operator, changed) {
    this.#operator = operator;
    this.#platform = language.t("admin.everyTenant");
    this.#select = h("select", {
      class: "choice",
      onchange: () => {
        operator.tenant = this.#select.value || null;
        changed();
      },
    }, h("option", { value: "" }, this.#platform));
    this.node = h("label", { class: "admin__tenant" }, language.t("admin.tenant"), this.#select);
  }

  async refresh() {
    const { tenants } = await this.#operator.read("tenants", { limit: MOST });
    const names = tenants.map((/** @type {{name: string}} */ { name }) => name);
    if (JSON.stringify(names) === this.#known) return;
    this.#known = JSON.stringify(names);
    const { value } = this.#select;
    this.#select.replaceChildren(
      h("option", { value: "" }, this.#platform),
      ...names.map((/** @type {string} */ name) => h("option", { value: name }, name)));
    this.#select.value = names.includes(value) ? value : "";
  }
}

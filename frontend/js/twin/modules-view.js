/** The modules of the chosen room, with their state in words. */

import { h, setText } from "../page/dom.js";
import { time } from "../live/store.js";
import { icon } from "../shell/icons.js";

export class ModulesView {
  #language;
  #room = h("h2", { class: "panel__title" });
  #list = h("ul", { class: "modules__list" });
  node;

  /** @param {import("../i18n/language.js").Language} language */
  constructor(language) {
    this.#language = language;
    this.node = h("section", { class: "panel modules" },
      h("p", { class: "panel__place" }, language.t("twin.modules")), this.#room, this.#list);
  }

  /** @param {string} room @param {import("../live/store.js").Message[]} modules @param {number} now */
  update(room, modules, now) {
    const language = this.#language;
    setText(this.#room, room);
    const rows = modules.map((module) => h("li", { class: "modules__row" },
      h("span", { class: "event__icon" }, icon(String(module.kind))),
      h("span", { class: "modules__name" }, language.name("module", String(module.kind)),
        h("span", { class: "modules__id" }, String(module.module_id ?? ""))),
      h("span", { class: "modules__state" }, language.name("state", String(module.state)),
        h("span", { class: "modules__id" }, language.age(Math.max(0, now - time(module)))))));
    this.#list.replaceChildren(...(rows.length ? rows : [h("li", { class: "empty" }, language.t("twin.noModules"))]));
  }
}

/** What stands in the chosen room, with its state in words. */

import { h, setText } from "../page/dom.js";
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

  /** @param {string} room @param {import("./things.js").Thing[]} things @param {number} now */
  update(room, things, now) {
    const language = this.#language;
    setText(this.#room, room);
    const rows = things.map(({ id, kind, state, at }) => h("li", { class: "modules__row" },
      h("span", { class: "event__icon" }, icon(kind)),
      h("span", { class: "modules__name" }, language.name("module", kind), h("span", { class: "modules__id" }, id)),
      h("span", { class: "modules__state" }, language.name("state", state),
        h("span", { class: "modules__id" }, language.age(Math.max(0, now - at))))));
    this.#list.replaceChildren(...(rows.length ? rows : [h("li", { class: "empty" }, language.t("twin.noModules"))]));
  }
}

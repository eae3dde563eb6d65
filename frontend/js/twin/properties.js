/** What is taken in hand while a plan is drawn: which room or module it is, and a way to be rid of it. */

import { h, setText } from "../page/dom.js";
import { icon } from "../shell/icons.js";

const LONGEST_NAME = 128;

export class Properties {
  #language;
  #rename;
  #kind = h("span", { class: "properties__kind" });
  #names = h("datalist", { id: "draw-names" });
  #name;
  #module;
  #fields = h("div", { class: "properties__fields", hidden: true });
  #nothing;
  #shown = "";
  /** Names of the other rooms. @type {Set<string>} */ #others = new Set();
  #own = "";
  node;

  /**
   * @param {import("../i18n/language.js").Language} language
   * @param {{rename: (name: string) => void, remove: () => void}} hands
   */
  constructor(language, { rename, remove }) {
    const t = language.t.bind(language);
    this.#language = language;
    this.#rename = rename;
    this.#name = h("input", {
      class: "choice", type: "text", maxlength: LONGEST_NAME, list: "draw-names", autocomplete: "off", "aria-label": t("draw.salle"),
      onchange: () => this.#named(),
    });
    this.#module = h("select", { class: "choice", "aria-label": t("draw.module"), onchange: () => rename(this.#module.value) });
    this.#nothing = h("p", { class: "properties__nothing" }, t("draw.nothing"));
    this.#fields.append(this.#kind, this.#name, this.#module, this.#names,
      h("button", { class: "small-button", type: "button", "data-grave": true, onclick: remove }, icon("remove"), t("draw.remove")));
    this.node = h("div", { class: "properties" }, this.#fields, this.#nothing);
  }

  /**
   * @param {import("./plan.js").Plan} plan
   * @param {import("./edits.js").Item | null} taken
   * @param {{salles: string[], things: import("./things.js").Thing[]}} known
   */
  show(plan, taken, known) {
    const item = taken && plan[taken.of][taken.index];
    const shown = JSON.stringify([taken, item && ("salle" in item ? item.salle : item.id), plan.rooms.length, plan.fixtures.length]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#fields.hidden = !item;
    this.#nothing.hidden = Boolean(item);
    if (!item) return;
    const isRoom = "salle" in item;
    this.#name.hidden = !isRoom;
    this.#module.hidden = isRoom;
    if (isRoom) this.#showRoom(plan, item, known.salles);
    else this.#showFixture(plan, item, known.things);
  }

  /** On the name of what is in hand. */
  focus() {
    const field = this.#name.hidden ? this.#module : this.#name;
    field.focus();
    if (field === this.#name) this.#name.select();
  }

  /** @param {import("./plan.js").Plan} plan @param {import("./plan.js").PlanRoom} room @param {string[]} salles */
  #showRoom({ rooms }, { salle }, salles) {
    this.#others = new Set(rooms.map((room) => room.salle).filter((each) => each !== salle));
    this.#own = salle;
    this.#name.value = salle;
    setText(this.#kind, this.#language.t("draw.salle"));
    this.#names.replaceChildren(...salles.filter((each) => !this.#others.has(each)).map((each) => h("option", { value: each })));
  }

  /** @param {import("./plan.js").Plan} plan @param {import("./plan.js").Fixture} fixture @param {import("./things.js").Thing[]} things */
  #showFixture({ fixtures }, { kind, id = "" }, things) {
    const elsewhere = new Set(fixtures.map((each) => each.id).filter((each) => each !== id));
    const ids = things.filter((thing) => thing.kind === kind && !elsewhere.has(thing.id)).map((thing) => thing.id);
    const choices = [...new Set(["", ...(id ? [id] : []), ...ids])];
    setText(this.#kind, this.#language.name("module", kind));
    this.#module.replaceChildren(...choices.map((each) => h("option", { value: each }, each || this.#language.t("draw.noModule"))));
    this.#module.value = id;
  }

  /** A room is drawn once: another one's name, or none, is not taken over. */
  #named() {
    const name = this.#name.value.trim();
    if (name && !this.#others.has(name)) this.#rename(name);
    else this.#name.value = this.#own;
  }
}

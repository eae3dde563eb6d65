/** Asks somebody for what is needed to do something, and stays open while it is refused. */

import { h, setText } from "../page/dom.js";
import { dialog } from "./dialog.js";
import { trouble } from "./trouble.js";

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {string} [hint]
 * @property {string} [value]
 * @property {boolean} [required]
 * @property {"text" | "number" | "time"} [type]
 * @property {number | null} [least] of a number; null: it may be anything
 * @property {boolean} [whole] a number without decimals
 * @property {Record<string, string>} [choices] a value's words; in place of typing
 */

/**
 * @param {import("../i18n/language.js").Language} language
 * @param {object} options
 * @param {string} options.title
 * @param {Field[]} options.fields
 * @param {string} options.submit
 * @param {(values: Record<string, string>) => Promise<() => void>} options.run rejects with an `ApiError` where it was refused;
 *   what it answers is done once the window is closed
 */
export function form(language, { title, fields, submit, run }) {
  const complaint = h("p", { class: "dialog__complaint", role: "alert" });
  const go = h("button", { class: "button", type: "submit" }, submit);
  const cancel = h("button", { class: "button button--quiet", type: "button", onclick: () => node.close() }, language.t("control.cancel"));

  /** @param {SubmitEvent} event */
  async function submitted(event) {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(/** @type {HTMLFormElement} */ (event.target)));
    go.disabled = true;
    try {
      const then = await run(/** @type {Record<string, string>} */ (values));
      node.close();
      then();
    } catch (error) {
      setText(complaint, trouble(language, error));
    } finally {
      go.disabled = false;
    }
  }

  const node = dialog(title, [
    h("form", { class: "dialog__form", onsubmit: submitted },
      complaint, ...fields.map(input), h("div", { class: "dialog__buttons" }, go, cancel)),
  ]);
}

/** @param {Field} field */
function input({ name, label, hint, value = "", required = false, type = "text", least = 1, whole = true, choices }) {
  const id = `field-${name}`;
  const common = { id, name, required, "aria-describedby": hint && `${id}-hint` };
  const typed = choices
    ? h("select", common, ...Object.entries(choices).map(([each, words]) => h("option", { value: each, selected: each === value }, words)))
    : h("input", { ...common, type, value, maxlength: 1000, autocomplete: "off", spellcheck: "false", ...(type === "number" && { min: least, step: whole ? 1 : "any" }) });
  return h("div", { class: "dialog__field" },
    h("label", { for: id }, label), typed, hint && h("span", { id: `${id}-hint`, class: "dialog__hint" }, hint));
}

/** Shows what is shown once: to be copied, and gone from the page when the window is closed. */

import { h, setText } from "../page/dom.js";
import { dialog } from "../controls/dialog.js";

/**
 * @param {import("../i18n/language.js").Language} language
 * @param {object} shown
 * @param {string} shown.title
 * @param {string} shown.secret
 * @param {string} shown.note what it is for, and until when
 * @param {string} [shown.qr] text of a QR code
 */
export async function showOnce(language, { title, secret, note, qr }) {
  const said = h("span", { class: "secret__said", role: "status" });
  const text = h("output", { class: "secret__text", tabindex: 0, "aria-label": title }, secret);
  const copy = h("button", {
    class: "button",
    type: "button",
    onclick: async () => {
      try {
        await navigator.clipboard.writeText(text.textContent ?? "");
        setText(said, language.t("admin.copied"));
      } catch {
        getSelection()?.selectAllChildren(text);
        setText(said, language.t("admin.copyByHand"));
      }
    },
  }, language.t("admin.copy"));
  const drawn = qr ? (await import("./qr-code.js")).qrCode(qr, language.t("admin.qr")) : null;
  const node = dialog(title, [
    h("p", { class: "dialog__lead" }, language.t("admin.shownOnce")),
    drawn,
    text,
    h("p", { class: "dialog__hint" }, note),
    h("div", { class: "dialog__buttons" },
      copy,
      h("button", { class: "button button--quiet", type: "button", onclick: () => node.close() }, language.t("admin.close")),
      said),
  ]);
}

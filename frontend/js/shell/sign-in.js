/** The door: a dialog over the whole page that takes a pasted token and tries it before it opens. */

import { ApiError } from "../api.js";
import { h, setText } from "../dom.js";
import { looksLikeToken } from "../session.js";
import { logo } from "./logo.js";

export class SignIn {
  #session;
  #api;
  #language;
  #dialog;
  #field;
  #complaint;
  #button;

  /**
   * @param {object} options
   * @param {import("../session.js").Session} options.session
   * @param {import("../api.js").Api} options.api
   * @param {import("../i18n.js").Language} options.language
   */
  constructor({ session, api, language }) {
    this.#session = session;
    this.#api = api;
    this.#language = language;
    const t = language.t.bind(language);
    this.#field = h("textarea", {
      id: "token", name: "token", rows: 4, required: true, spellcheck: "false", autocomplete: "off",
      autocapitalize: "off", "aria-describedby": "sign-in-complaint sign-in-privacy",
    });
    this.#complaint = h("p", { id: "sign-in-complaint", class: "sign-in__complaint", role: "alert" });
    this.#button = h("button", { class: "button", type: "submit" }, t("signIn.submit"));
    this.#dialog = h("dialog", { class: "sign-in", "aria-labelledby": "sign-in-title" },
      h("div", { class: "sign-in__inner" },
        h("div", { class: "sign-in__brand" }, logo(), "IAQverse"),
        h("p", { class: "sign-in__lead" }, t("signIn.lead")),
        h("form", { class: "sign-in__form", onsubmit: (event) => this.#submitted(event) },
          h("h1", { id: "sign-in-title", class: "sign-in__title" }, t("signIn.title")),
          this.#complaint,
          h("label", { for: "token" }, t("signIn.text")),
          this.#field,
          this.#button,
          h("p", { id: "sign-in-privacy", class: "sign-in__privacy" }, t("signIn.privacy")))));
    // Escape would show an empty page: the door stays shut until a token opens it.
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(this.#dialog);
  }

  /** @param {string | null} reason `expired`, `signed_out`, or null for the first time */
  open(reason) {
    setText(this.#complaint, reason === null ? "" : this.#language.t(`signIn.${reason}`));
    this.#field.value = "";
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#field.focus();
  }

  /** @param {string} token try it, and open the page when it is good */
  async try(token) {
    if (!looksLikeToken(token)) {
      this.#complain("malformed");
      return;
    }
    this.#busy(true);
    try {
      await this.#api.check(token);
    } catch (error) {
      this.#refused(/** @type {ApiError} */ (error));
      return;
    } finally {
      this.#busy(false);
    }
    this.#field.value = "";
    this.#dialog.close();
    this.#session.begin(token);
  }

  /** Take the dialog out of the page. @returns {boolean} whether it was open */
  remove() {
    const { open } = this.#dialog;
    this.#dialog.remove();
    return open;
  }

  /** @param {SubmitEvent} event */
  #submitted(event) {
    event.preventDefault();
    this.try(this.#field.value.replace(/\s+/g, ""));
  }

  /** @param {ApiError} error */
  #refused({ status, retryAfter }) {
    if (status === 401) this.#complain("refused");
    else if (status === 403) this.#complain("forbidden");
    else if (status === 429) this.#complain("limited", { seconds: retryAfter ?? 1 });
    else this.#complain("unreachable");
  }

  /** @param {string} what @param {Record<string, number>} [values] */
  #complain(what, values) {
    setText(this.#complaint, this.#language.t(`signIn.${what}`, values));
    if (!this.#dialog.open) this.#dialog.showModal();
    this.#field.focus();
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#button.disabled = busy;
    setText(this.#button, this.#language.t(busy ? "signIn.checking" : "signIn.submit"));
  }
}

/** The door: a dialog over the whole page that takes name and password. */

import { ApiError } from "../transport/http.js";
import { h, setText } from "../page/dom.js";
import { logo } from "./logo.js";

export class SignIn {
  #account;
  #session;
  #language;
  #dialog;
  #login;
  #password;
  #complaint;
  #button;

  /**
   * @param {object} options
   * @param {import("../account/account.js").Account} options.account
   * @param {import("../account/session.js").Session} options.session
   * @param {import("../i18n/language.js").Language} options.language
   */
  constructor({ account, session, language }) {
    this.#account = account;
    this.#session = session;
    this.#language = language;
    const t = language.t.bind(language);
    const field = { required: true, spellcheck: "false", autocapitalize: "off", "aria-describedby": "sign-in-complaint" };
    this.#login = h("input", {
      ...field, id: "login", name: "username", type: "text", inputmode: "email", autocomplete: "username", maxlength: 200,
    });
    this.#password = h("input", {
      ...field, id: "password", name: "password", type: "password", autocomplete: "current-password", maxlength: 1000,
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
          h("label", { for: "login" }, t("signIn.login")),
          this.#login,
          h("label", { for: "password" }, t("signIn.password")),
          this.#password,
          this.#button)));
    // Escape would show an empty page: the door stays shut until somebody has signed in.
    this.#dialog.addEventListener("cancel", (event) => event.preventDefault());
    document.body.append(this.#dialog);
  }

  /** @param {string | null} reason `expired`, `signed_out`, `here_alone`, `unreachable`, or null for the first time */
  open(reason) {
    setText(this.#complaint, reason === null ? "" : this.#language.t(`signIn.${reason}`));
    if (this.#dialog.open) return;
    this.#dialog.showModal();
    (this.#login.value ? this.#password : this.#login).focus();
  }

  close() {
    this.#password.value = "";
    this.#dialog.close();
  }

  /** Take the dialog out of the page. @returns {boolean} whether it was open */
  remove() {
    const { open } = this.#dialog;
    this.#dialog.remove();
    return open;
  }

  /** @param {SubmitEvent} event */
  async #submitted(event) {
    event.preventDefault();
    this.#busy(true);
    try {
      const { access_token: token } = await this.#account.signIn(this.#login.value, this.#password.value);
      this.#session.begin(token);
    } catch (error) {
      this.#refused(/** @type {ApiError} */ (error));
    } finally {
      this.#busy(false);
    }
  }

  /** @param {ApiError} error */
  #refused({ status, retryAfter }) {
    if (status === 401) this.#complain("refused");
    else if (status === 403) this.#complain("origin");
    else if (status === 429 || status === 503) this.#complain("limited", { seconds: retryAfter ?? 1 });
    else this.#complain("unreachable");
  }

  /** @param {string} what @param {Record<string, number>} [values] */
  #complain(what, values) {
    setText(this.#complaint, this.#language.t(`signIn.${what}`, values));
    this.#password.select();
    this.#password.focus();
  }

  /** @param {boolean} busy */
  #busy(busy) {
    this.#button.disabled = busy;
    setText(this.#button, this.#language.t(busy ? "signIn.checking" : "signIn.submit"));
  }
}

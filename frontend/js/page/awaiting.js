/** What a page says that can show nothing without the gateway, until somebody is signed in and it answers. */

import { h } from "./dom.js";

/** @param {HTMLElement} main @param {import("../i18n/language.js").Language} language @param {string} title */
export function awaiting(main, language, title) {
  main.append(h("section", { class: "intro" },
    h("h1", { class: "intro__title" }, title),
    h("p", { class: "intro__lead" }, language.t("page.awaiting"))));
  return { unmount() {} };
}

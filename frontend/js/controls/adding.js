/** What a section begins with: the way to add to it. */

import { h } from "../page/dom.js";

/** @param {string} words @param {() => void} run */
export function adding(words, run) {
  return h("div", { class: "section__tools" }, h("button", { class: "button", type: "button", onclick: run }, words));
}

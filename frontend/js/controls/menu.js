/** What can be done with a row: one button, or one that opens several. */

import { h } from "../page/dom.js";

let made = 0;

/**
 * @param {import("./table.js").Act[]} acts
 * @param {string} title
 * @param {string} about what a screen reader hears besides, since every row has these
 * @returns {Element[]}
 */
export function menu(acts, title, about) {
  if (acts.length < 2) return acts.map((act) => button(act, about));
  const id = `menu-${++made}`;
  const list = h("div", { id, class: "menu", popover: "auto" }, ...acts.map((act) =>
    button({ ...act, run: () => { list.hidePopover(); act.run(); } }, about)));
  return [
    h("button", { class: "small-button", type: "button", popovertarget: id, "aria-label": `${title}: ${about}` }, title),
    list,
  ];
}

/** @param {import("./table.js").Act} act @param {string} about */
function button({ words, run, grave = false }, about) {
  return h("button", {
    class: "small-button", type: "button", onclick: run, "aria-label": `${words}: ${about}`, "data-grave": grave,
  }, words);
}

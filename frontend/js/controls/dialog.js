/** A window over the page that is not in the document once it is closed, nor anything it held. */

import { h } from "../page/dom.js";

let made = 0;

/**
 * @param {string} title
 * @param {import("../page/dom.js").Child[]} content
 * @param {() => void} [closed]
 * @returns {HTMLDialogElement} open
 */
export function dialog(title, content, closed = () => {}) {
  const id = `dialog-${++made}`;
  const node = h("dialog", {
    class: "dialog",
    "aria-labelledby": id,
    onclose: () => {
      node.remove();
      node.replaceChildren();
      closed();
    },
  }, h("h2", { id, class: "dialog__title" }, title), ...content);
  document.body.append(node);
  node.showModal();
  return node;
}

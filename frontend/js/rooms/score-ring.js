/** A score as a ring with the figure in it. */

import { h, setAttributes, setText, svg } from "../page/dom.js";

/** Around the circle as SVG counts it, whatever its radius. */
const WHOLE = 100;

export class ScoreRing {
  #arc = svg("circle", { class: "ring__arc", cx: 32, cy: 32, r: 28, pathLength: WHOLE });
  #figure = h("span", { class: "ring__figure", "aria-hidden": "true" });
  #words = h("span", { class: "hidden" });
  node = h("div", { class: "ring" },
    svg("svg", { viewBox: "0 0 64 64", "aria-hidden": "true" },
      svg("circle", { class: "ring__track", cx: 32, cy: 32, r: 28 }), this.#arc),
    this.#figure, this.#words);

  /** @param {number | null} score @param {string} words for those who do not see the ring */
  update(score, words) {
    setAttributes(this.#arc, { "stroke-dasharray": `${score ?? 0} ${WHOLE}`, class: score ? "ring__arc" : "ring__arc ring__arc--none" });
    setText(this.#figure, score === null ? "–" : String(score));
    setText(this.#words, words);
  }
}

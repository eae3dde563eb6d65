/** A QR code as a picture (ISO/IEC 18004). */

import { correction, generate } from "../../vendor/lean-qr/index.mjs";
import { svg } from "../page/dom.js";

/** @typedef {{size: number, get: (x: number, y: number) => boolean}} Code `size` in modules; true is dark */

/** Modules of white around it that a reader needs (ISO/IEC 18004, 9.1). */
const QUIET = 4;

/** @param {string} text @param {string} label @returns {SVGSVGElement} */
export function qrCode(text, label) {
  const code = /** @type {(text: string, how: object) => Code} */ (/** @type {unknown} */ (generate))(text, { minCorrectionLevel: correction.M });
  const size = code.size + 2 * QUIET;
  const dark = [];
  for (let y = 0; y < code.size; y += 1) {
    for (let x = 0; x < code.size; x += 1) {
      if (code.get(x, y)) dark.push(`M${x + QUIET} ${y + QUIET}h1v1h-1z`);
    }
  }
  return svg("svg", { class: "qr", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" },
    svg("rect", { class: "qr__light", width: size, height: size }),
    svg("path", { class: "qr__dark", d: dark.join("") }));
}

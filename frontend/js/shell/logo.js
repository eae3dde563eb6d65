/** The mark: three currents of air in a ring. */

import { svg } from "../page/dom.js";

/** @returns {SVGSVGElement} */
export function logo() {
  return svg("svg", { class: "logo", viewBox: "0 0 32 32", "aria-hidden": "true" },
    svg("rect", { width: 32, height: 32, rx: 9, class: "logo__ground" }),
    svg("path", {
      class: "logo__air",
      d: "M7 12.5h11.2a2.9 2.9 0 1 0-2.7-4M7 17h15.3a3 3 0 1 1-2.8 4.2M7 21.5h7.4a2.2 2.2 0 1 1-2 3.1",
    }));
}

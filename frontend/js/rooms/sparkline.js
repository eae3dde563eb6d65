/** The last hour of a quantity as one line over the soft bands of its thresholds. Decoration: the figures stand beside it. */

import { verticalRange } from "../charts/chart-data.js";
import { svg } from "../page/dom.js";
import { bands } from "../iaq/quantities.js";

const WIDTH = 120;
const HEIGHT = 28;
/** Minutes without a value that are still one line. */
const BRIDGE = 12;

/**
 * @param {import("../iaq/quantities.js").Quantity} quantity
 * @param {(number | null)[]} values a value a minute, as `recent` gives them
 * @returns {SVGSVGElement}
 */
export function sparkline(quantity, values) {
  const known = values.filter((value) => value !== null);
  const node = svg("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
  if (known.length < 2) return node;
  const [low, high] = verticalRange(Math.min(...known), Math.max(...known), quantity.span);
  const y = (/** @type {number} */ value) => HEIGHT - ((value - low) / (high - low)) * HEIGHT;
  const within = (/** @type {number} */ value) => Math.max(0, Math.min(HEIGHT, y(value)));
  node.append(
    ...bands(quantity).map(({ from, to, level }) => svg("rect", {
      class: "spark__band", "data-level": level, x: 0, width: WIDTH, y: within(to), height: within(from) - within(to),
    })),
    svg("path", { class: "spark__line", d: line(values, y) }));
  return node;
}

/** @param {(number | null)[]} values @param {(value: number) => number} y */
function line(values, y) {
  let path = "";
  let last = -Infinity;
  values.forEach((value, minute) => {
    if (value === null) return;
    const x = (minute / (values.length - 1)) * WIDTH;
    path += `${minute - last > BRIDGE ? "M" : "L"}${x.toFixed(1)} ${y(value).toFixed(1)}`;
    last = minute;
  });
  return path;
}

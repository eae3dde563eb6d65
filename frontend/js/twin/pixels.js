/** Cells of a plan as pixels of its drawing. Pure. */

/** @param {{x: number, y: number, width: number, height: number}} area @param {number} cell */
export function scaled({ x, y, width, height }, cell) {
  return { x: x * cell, y: y * cell, width: width * cell, height: height * cell };
}

/** @param {import("./walls.js").Wall} wall @param {number} cell */
export function line({ vertical, at, from, to }, cell) {
  return vertical ? `M${at * cell} ${from * cell}V${to * cell}` : `M${from * cell} ${at * cell}H${to * cell}`;
}

/** @param {{x: number, y: number, width: number, height: number}} area */
export function rectangle({ x, y, width, height }) {
  return `M${x} ${y}h${width}v${height}h${-width}z`;
}

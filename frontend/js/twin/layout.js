/**
 * A floor plan for those who drew none: rows of rooms, two and two along a corridor. Pure; units are
 * those of the SVG's view box.
 */

export const ROOM_HEIGHT = 190;
export const CORRIDOR = 46;
export const MARGIN = 10;

/**
 * @typedef {{x: number, y: number, width: number, height: number, door: "top" | "bottom", outside: boolean}} Place
 *   `door`: the side that opens to a corridor; `outside`: the other one has a window
 * @typedef {{width: number, height: number, places: Place[], corridors: number[]}} Plan
 *   `corridors`: the upper edge of each
 */

/**
 * @param {number} count rooms
 * @param {number} columns most rooms in a row
 * @param {number} inner width of a row, walls to walls
 * @returns {Plan}
 */
export function layOut(count, columns, inner) {
  const rows = Math.ceil(count / columns);
  const perRow = split(count, rows);
  /** @type {Place[]} */ const places = [];
  /** @type {number[]} */ const corridors = [];
  let y = MARGIN;
  perRow.forEach((rooms, row) => {
    const above = row % 2 === 0;
    const outside = above ? row === 0 : row === rows - 1;
    for (let i = 0; i < rooms; i += 1) {
      const width = inner / rooms;
      places.push({ x: MARGIN + i * width, y, width, height: ROOM_HEIGHT, door: above ? "bottom" : "top", outside });
    }
    y += ROOM_HEIGHT;
    if (above) {
      corridors.push(y);
      y += CORRIDOR;
    }
  });
  return { width: inner + 2 * MARGIN, height: y + MARGIN, places, corridors };
}

/** @param {number} count @param {number} rows @returns {number[]} as even as it can be, longer rows first */
function split(count, rows) {
  return Array.from({ length: rows }, (_, row) => Math.floor(count / rows) + (row < count % rows ? 1 : 0));
}

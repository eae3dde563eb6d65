/** A floor plan for those who drew none: rows of rooms, two and two along a corridor. Pure; lengths are cells. */

const ROOM = { width: 12, height: 10 };
const WIDEST = 18;
const CORRIDOR = 3;
const DOOR_AT = 0.72;

/**
 * @param {string[]} salles
 * @param {number} perRow most rooms in a row
 * @returns {import("./plan.js").Plan}
 */
export function layOut(salles, perRow) {
  const rows = split(salles, Math.ceil(salles.length / perRow));
  const width = Math.min(perRow * ROOM.width, (rows[0]?.length ?? 0) * WIDEST);
  /** @type {import("./plan.js").Plan} */ const plan = { rooms: [], fixtures: [] };
  let y = 0;
  rows.forEach((row, number) => {
    const above = number % 2 === 0;
    row.forEach((salle, i) => {
      const [left, right] = [i, i + 1].map((edge) => Math.round((edge * width) / row.length));
      const room = { salle, x: left, y, width: right - left, height: ROOM.height };
      plan.rooms.push(room);
      plan.fixtures.push({ kind: "door", x: left + room.width * DOOR_AT, y: above ? y + ROOM.height : y });
    });
    y += ROOM.height + (above ? CORRIDOR : 0);
  });
  return plan;
}

/** @param {string[]} salles @param {number} rows @returns {string[][]} as even as it can be, longer rows first */
function split(salles, rows) {
  const least = Math.floor(salles.length / rows);
  const longer = salles.length % rows;
  return Array.from({ length: rows }, (_, row) => {
    const from = row * least + Math.min(row, longer);
    return salles.slice(from, from + least + (row < longer ? 1 : 0));
  });
}

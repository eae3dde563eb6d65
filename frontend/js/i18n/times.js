/** Times of the wire as a person reads them. */

/** @typedef {import("./language.js").Language} Language */

/** @param {string} wire @returns {number} seconds since the epoch */
function seconds(wire) {
  return Date.parse(wire) / 1000;
}

/** @param {Language} language @param {string | null} wire @returns {string} e.g. "il y a 4 s" */
export function ago(language, wire) {
  return wire === null ? language.t("control.never") : language.age(Date.now() / 1000 - seconds(wire));
}

/** @param {Language} language @param {string} wire */
export function moment(language, wire) {
  return language.moment(seconds(wire));
}

/** @param {Language} language @param {string} wire */
export function day(language, wire) {
  return language.calendar(seconds(wire));
}

/**
 * What is remembered on this device: language, theme, whether to call, and that somebody signed in here. Never a token.
 *
 * @typedef {"language" | "theme" | "alarm" | "known"} Name
 */

const PREFIX = "iaqverse.";

/** @param {Name} name @returns {string | null} */
export function preference(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // a browser may forbid storage altogether
  }
}

/** @param {Name} name @param {string} value */
export function prefer(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // then it lasts as long as the page
  }
}

/** @param {Name} name */
export function forget(name) {
  try {
    localStorage.removeItem(PREFIX + name);
  } catch {
    // it was never there
  }
}

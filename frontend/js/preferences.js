/** What a reader chose for this device: language and theme. Never a token. */

const PREFIX = "iaqverse.";

/** @param {"language" | "theme"} name @returns {string | null} */
export function preference(name) {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    return null; // a browser may forbid storage altogether
  }
}

/** @param {"language" | "theme"} name @param {string} value */
export function prefer(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // then it lasts as long as the page
  }
}

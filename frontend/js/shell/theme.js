/** Light, dark or as the device: one attribute on the root, the rest is CSS. */

import { prefer, preference } from "../page/preferences.js";

const THEMES = ["auto", "light", "dark"];

/** @returns {string} */
export function currentTheme() {
  const theme = preference("theme") ?? "auto";
  return THEMES.includes(theme) ? theme : "auto";
}

export function applyTheme(theme = currentTheme()) {
  document.documentElement.dataset.theme = theme;
}

/** @returns {string} the theme that is shown from now on */
export function nextTheme() {
  const theme = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length];
  prefer("theme", theme);
  applyTheme(theme);
  return theme;
}

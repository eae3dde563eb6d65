/** What a rule says, in a reader's words. Pure but for words. */

import { QUANTITIES } from "../iaq/quantities.js";

/** @typedef {import("./rules.js").Rule} Rule */

/** @param {import("../i18n/language.js").Language} language @param {Pick<Rule, "quantity" | "side" | "threshold">} rule */
export function conditionWords(language, { quantity, side, threshold }) {
  const known = QUANTITIES.find(({ name }) => name === quantity);
  if (!known) return language.t(`alert.${side}`, { quantity, threshold: String(threshold), unit: "" }).trim();
  return language.t(`alert.${side}`, {
    quantity: language.t(`quantity.${quantity}`),
    threshold: language.number(threshold, Number.isInteger(threshold) ? 0 : known.digits || 1),
    unit: language.t(`unit.${quantity}`),
  });
}

/** @param {import("../i18n/language.js").Language} language @param {Rule} rule */
export function durationWords(language, { duration = 0 }) {
  if (duration === 0) return language.t("rule.atOnce");
  const minutes = duration / 60;
  return language.t("rule.after", { minutes: language.number(minutes, Number.isInteger(minutes) ? 0 : 1) });
}

/** @param {import("../i18n/language.js").Language} language @param {Rule} rule */
export function placeWords(language, { enseigne, salle }) {
  return [enseigne, salle].filter(Boolean).join(", ") || language.t("rule.everywhere");
}

/** @param {import("../i18n/language.js").Language} language @param {Rule} rule @returns {string} empty without quiet hours */
export function quietWords(language, { quiet }) {
  return quiet ? language.t("rule.quiet", { begin: quiet.begin, end: quiet.end }) : "";
}

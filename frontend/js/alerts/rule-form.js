/** A rule as a form has it, and back. Pure but for words. */

import { QUANTITIES } from "../iaq/quantities.js";

const SEVERITIES = ["info", "warning", "critical"];
const SIDES = ["above", "below"];

/** @typedef {import("./rules.js").Rule} Rule */

/**
 * @param {import("../i18n/language.js").Language} language
 * @param {Rule | null} rule null: a new one
 * @returns {import("../controls/form.js").Field[]}
 */
export function fieldsOf(language, rule) {
  const t = language.t.bind(language);
  const quantities = Object.fromEntries(QUANTITIES.map(({ name }) => [name, `${t(`quantity.${name}.long`)} (${t(`unit.${name}`)})`]));
  if (rule && !(rule.quantity in quantities)) quantities[rule.quantity] = rule.quantity;
  const sides = Object.fromEntries(SIDES.map((side) => [side, t(`rule.side.${side}`)]));
  const severities = Object.fromEntries(SEVERITIES.map((severity) => [severity, t(`severity.${severity}`)]));
  return [
    { name: "quantity", label: t("rule.quantity"), choices: quantities, value: rule?.quantity },
    { name: "side", label: t("rule.side"), choices: sides, value: rule?.side },
    { name: "threshold", label: t("rule.threshold"), type: "number", least: null, whole: false, required: true, value: written(rule?.threshold) },
    { name: "minutes", label: t("rule.minutes"), hint: t("rule.minutesHint"), type: "number", least: 0, whole: false, value: written((rule?.duration ?? 0) / 60) },
    { name: "hysteresis", label: t("rule.hysteresis"), hint: t("rule.hysteresisHint"), type: "number", least: 0, whole: false, value: written(rule?.hysteresis ?? 0) },
    { name: "severity", label: t("rule.severity"), choices: severities, value: rule?.severity ?? "warning" },
    { name: "enseigne", label: t("rule.enseigne"), hint: t("rule.placeHint"), value: rule?.enseigne },
    { name: "salle", label: t("rule.salle"), value: rule?.salle },
    { name: "begin", label: t("rule.quietBegin"), hint: t("rule.quietHint"), type: "time", value: rule?.quiet?.begin },
    { name: "end", label: t("rule.quietEnd"), type: "time", value: rule?.quiet?.end },
  ];
}

/**
 * @param {Record<string, string>} values as the form gives them
 * @param {Rule | null} before
 * @param {string} zone of who writes it
 * @returns {Rule}
 */
export function ruleOf(values, before, zone) {
  const { quantity, side, severity, begin, end } = values;
  const [enseigne, salle] = [values.enseigne.trim(), values.salle.trim()];
  return /** @type {Rule} */ ({
    id: before?.id ?? crypto.randomUUID(),
    quantity,
    side,
    threshold: Number(values.threshold),
    severity,
    duration: Math.round(Number(values.minutes) * 60),
    hysteresis: Number(values.hysteresis),
    ...(enseigne && { enseigne }),
    ...(salle && { salle }),
    ...(begin && end && { quiet: { begin, end, zone: before?.quiet?.zone ?? zone } }),
  });
}

/** @param {number | undefined} value */
function written(value) {
  return value === undefined ? "" : String(value);
}

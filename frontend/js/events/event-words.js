/** What a prediction, an action, an alert or a module's state says in one line. Pure but for words. */

import { QUANTITIES } from "../iaq/quantities.js";

/**
 * @typedef {import("../transport/protocol.js").Message} Message
 * @typedef {{title: string, note: string, icon: string, tone: string}} EventWords
 *   `tone`: `info`, `warning`, `critical`, `resolved` or `plain`
 */

/** @param {import("../i18n/language.js").Language} language @param {Message} event @returns {EventWords} */
export function eventWords(language, event) {
  switch (event.type) {
    case "alert":
      return alertWords(language, event);
    case "action":
      return {
        title: capital(language.name("action", String(event.action ?? ""))),
        note: [event.reason, event.priority && language.name("priority", event.priority)].filter(Boolean).join(" · "),
        icon: "action",
        tone: event.priority === "high" ? "warning" : "plain",
      };
    case "prediction":
      return predictionWords(language, event);
    default:
      return {
        title: moduleWords(language, event),
        note: String(event.module_id ?? ""),
        icon: String(event.kind ?? "module"),
        tone: "plain",
      };
  }
}

/** @param {import("../i18n/language.js").Language} language @param {Message} module @returns {string} e.g. "Fenêtre : ouvert" */
export function moduleWords(language, { kind, state }) {
  const name = capital(language.name("module", String(kind ?? "")));
  return language.t("pair", { name, value: language.name("state", String(state ?? "")) });
}

/** @param {import("../i18n/language.js").Language} language @param {Message} event @returns {EventWords} */
function alertWords(language, event) {
  const resolved = event.state === "resolved";
  const known = QUANTITIES.find(({ name }) => name === event.quantity);
  const reading = known && typeof event.value === "number" && reads(language, known.name, event.value);
  const severity = language.name("severity", String(event.severity ?? "info"));
  const state = language.name("alert", String(event.state ?? "raised"));
  return {
    title: crossing(language, event) ?? String(event.message ?? ""),
    note: [`${severity} ${state}`, reading].filter(Boolean).join(" · "),
    icon: resolved ? "resolved" : "alert",
    tone: resolved ? "resolved" : String(event.severity ?? "info"),
  };
}

/**
 * A message is in the language of who sent it: what was crossed we can say in the reader's.
 * @param {import("../i18n/language.js").Language} language
 * @param {Message} alert
 */
function crossing(language, { quantity, value, threshold }) {
  const known = QUANTITIES.find(({ name }) => name === quantity);
  if (!known || typeof value !== "number" || typeof threshold !== "number") return null;
  return language.t(value >= threshold ? "alert.above" : "alert.below", {
    quantity: language.t(`quantity.${known.name}`), threshold: language.number(threshold, Number.isInteger(threshold) ? 0 : known.digits), unit: language.t(`unit.${known.name}`),
  });
}

/** @param {import("../i18n/language.js").Language} language @param {Message} event @returns {EventWords} */
function predictionWords(language, event) {
  const values = Object.entries(event.values ?? {})
    .filter(([, value]) => typeof value === "number")
    .map(([name, value]) => reads(language, name, value));
  return {
    title: language.t("prediction.text", { minutes: Number(event.horizon_minutes), values: values.join(", ") }),
    note: typeof event.confidence === "number"
      ? language.t("prediction.confidence", { percent: language.percent(event.confidence) })
      : "",
    icon: "prediction",
    tone: "plain",
  };
}

/** @param {import("../i18n/language.js").Language} language @param {string} name @param {number} value */
function reads(language, name, value) {
  const known = QUANTITIES.find((quantity) => quantity.name === name);
  if (!known) return `${name} ${language.number(value, 1)}`;
  return `${language.t(`quantity.${name}`)} ${language.number(value, known.digits)} ${language.t(`unit.${name}`)}`;
}

/** @param {string} text */
function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

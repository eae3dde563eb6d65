/** For how long a former token goes on working beside its successor. */

const HOUR = 3600;
const DAY = 24 * HOUR;

export const USUAL_GRACE = String(DAY);

/** In seconds, with their words. @param {import("../i18n/language.js").Language} language @returns {Record<string, string>} */
export function graces(language) {
  return Object.fromEntries([0, HOUR, DAY, 7 * DAY].map((seconds) => [String(seconds), language.t(`admin.grace.${seconds}`)]));
}

/** Why something was not done, in words. */

const SAID = [403, 404, 409, 412, 422, 429, 503];

/**
 * @param {import("../i18n/language.js").Language} language
 * @param {unknown} error
 * @returns {string}
 */
export function trouble(language, error) {
  const { status, code, field, retryAfter } = /** @type {import("../transport/http.js").ApiError} */ (error);
  if (status === 0 || status === undefined) return language.t("trouble.0");
  if (!SAID.includes(status)) return language.t("trouble.other", { code });
  return language.t(`trouble.${status}`, { field: field ?? "", seconds: retryAfter ?? 1 });
}

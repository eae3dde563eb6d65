/** Whether everything works: the parts, the certificate, and which limits were hit. */

import { h, setText } from "../page/dom.js";
import { Table } from "../controls/table.js";
import { ago, day } from "../i18n/times.js";

/** @type {import("./sections.js").Build} */
export function system({ language, operator, ofPlatform }) {
  const t = language.t.bind(language);
  const parts = new Table({
    caption: t("admin.parts"),
    empty: t("admin.parts.none"),
    key: ([part]) => part,
    columns: [
      { title: t("admin.part"), show: ([part]) => ({ text: language.name("admin.part", part) }) },
      {
        title: t("admin.state"),
        show: ([, state]) => ({ text: t(state === "ok" ? "admin.works" : "admin.broken"), tone: state === "ok" ? "good" : "bad" }),
      },
    ],
  });
  const facts = new Table({
    caption: t("admin.gateway"),
    empty: "—",
    key: ([fact]) => fact,
    columns: [
      { title: t("admin.fact"), show: ([fact]) => ({ text: t(`admin.fact.${fact}`) }) },
      { title: t("admin.value"), show: ([, shown]) => shown },
    ],
  });
  const limits = new Table({
    caption: t("admin.limits"),
    empty: t("admin.limits.none"),
    key: ([limit]) => limit,
    columns: [
      { title: t("admin.limit"), show: ([limit]) => ({ text: language.name("admin.limit", limit), note: limit }) },
      { title: t("admin.hits"), show: ([, hits]) => ({ text: language.number(hits, 0), tone: "warning" }) },
    ],
  });
  const verdict = h("p", { class: "section__lead", role: "status" });
  const title = (/** @type {string} */ words) => h("h3", { class: "section__title" }, words);
  return {
    nodes: [
      verdict, parts.node,
      ...(ofPlatform
        ? [title(t("admin.gateway")), facts.node, title(t("admin.limits")), h("p", { class: "section__note" }, t("admin.limitsNote")), limits.node]
        : [h("p", { class: "section__note" }, t("admin.limitsInAudit"))]),
    ],
    async refresh(signal) {
      const [health, told] = await Promise.all([
        operator.health(signal).catch(broken),
        ofPlatform ? operator.read("system", {}, signal) : null,
      ]);
      if (signal.aborted) return;
      setText(verdict, t(`admin.health.${health.status}`));
      parts.update(Object.entries(health.parts));
      if (told === null) return;
      facts.update([
        ["version", { text: told.version, note: `Python ${told.python}` }],
        ["started", { text: ago(language, told.started_at) }],
        ["certificate", certificate(language, told.certificate)],
      ]);
      limits.update(Object.entries(told.limits).sort(([, a], [, b]) => b - a));
    },
  };
}

/** A 503 names the part that does not work. @param {any} error @throws {import("../transport/http.js").ApiError} */
function broken(error) {
  if (error.status !== 503) throw error;
  return { status: "unavailable", parts: { [error.part ?? "gateway"]: "unavailable" } };
}

/**
 * @param {import("../i18n/language.js").Language} language
 * @param {{ends_at: string, days_left: number, due: boolean} | null} told
 * @returns {import("../controls/table.js").Shown}
 */
function certificate(language, told) {
  if (told === null) return { text: language.t("admin.noCertificate"), tone: "quiet" };
  const days = Math.max(0, Math.floor(told.days_left));
  return {
    text: language.t("admin.days", { count: days }),
    note: language.t("admin.until", { day: day(language, told.ends_at) }),
    tone: told.due ? "bad" : "good",
  };
}

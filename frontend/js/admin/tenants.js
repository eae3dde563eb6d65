/** The organisations: made, disabled, and for how many days each keeps its past. */

import { adding } from "../controls/adding.js";
import { form } from "../controls/form.js";
import { Listing } from "../controls/listing.js";
import { day } from "../i18n/times.js";

const KEPT = /** @type {const} */ (["raw", "hourly", "daily"]);

/** @type {import("./sections.js").Build} */
export function tenants({ language, operator, acts, refresh }) {
  const t = language.t.bind(language);
  const list = new Listing(language, {
    caption: t("admin.section.tenants"),
    empty: t("admin.tenants.none"),
    key: ({ name }) => name,
    columns: [
      { title: t("admin.name"), show: ({ name }) => ({ text: name }) },
      { title: t("admin.since"), show: ({ created_at: at }) => ({ text: day(language, at) }) },
      ...KEPT.map((what) => ({
        title: t(`admin.kept.${what}`),
        show: (/** @type {any} */ { retention }) => ({ text: kept(language, retention[what]) }),
      })),
      {
        title: t("admin.state"),
        show: ({ disabled }) => disabled ? { text: t("admin.isDisabled"), tone: "bad" } : { text: t("admin.isEnabled"), tone: "good" },
      },
    ],
    actsTitle: t("control.acts"),
    acts: (tenant) => [
      { words: t("admin.retention"), run: () => retain(tenant) },
      tenant.disabled
        ? { words: t("admin.enable"), run: () => disable(tenant, false) }
        : { words: t("admin.disable"), grave: true, run: () => disable(tenant, true) },
    ],
  }, {
    ask: (query, signal) => operator.read("tenants", query, signal),
    member: "tenants",
    cursor: "after",
    changed: refresh,
  });

  function add() {
    form(language, {
      title: t("admin.addTenant"),
      submit: t("admin.add"),
      fields: [{ name: "name", label: t("admin.name"), hint: t("admin.tenantHint"), required: true }],
      run: async ({ name }) => {
        await operator.act("POST", ["tenants"], { name });
        return () => acts.done(t("admin.tenantAdded", { what: name }));
      },
    });
  }

  /** @param {any} tenant */
  function retain({ name, retention }) {
    form(language, {
      title: t("admin.retentionOf", { what: name }),
      submit: t("control.save"),
      fields: KEPT.map((what) => ({
        name: what,
        label: t(`admin.kept.${what}`),
        hint: t("admin.keptHint"),
        type: /** @type {const} */ ("number"),
        least: 0,
        value: String(retention[what] ?? ""),
      })),
      run: async (typed) => {
        const days = Object.fromEntries(KEPT.map((what) => [what, typed[what] === "" ? null : Number(typed[what])]));
        await operator.act("PATCH", ["tenants", name], { retention: days });
        return () => acts.done(t("admin.changed", { what: name }));
      },
    });
  }

  /** @param {any} tenant @param {boolean} disabled */
  function disable({ name }, disabled) {
    acts.perform(t(disabled ? "admin.disabled" : "admin.enabled", { what: name }), () => operator.act("PATCH", ["tenants", name], { disabled }),
      disabled ? t("admin.disableSure", { what: name }) : undefined);
  }

  return { nodes: [adding(t("admin.addTenant"), add), list.node], refresh: (signal) => list.refresh(signal) };
}

/** @param {import("../i18n/language.js").Language} language @param {number | null} days */
function kept(language, days) {
  if (days === null) return language.t("admin.keptAsAll");
  return days === 0 ? language.t("admin.keptForEver") : language.t("admin.days", { count: days });
}

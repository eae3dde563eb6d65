/** Who did what, when and from where; of one kind, or all. */

import { h } from "../page/dom.js";
import { Listing } from "../controls/listing.js";
import { ago, moment } from "../i18n/times.js";

/** As the gateway names them (app/storage/records/audit.py). */
export const ACTS = [
  "signed_in", "sign_in_refused", "signed_out", "session_reused", "refused",
  "tenant_added", "tenant_disabled", "tenant_enabled", "tenant_retention",
  "user_added", "user_disabled", "user_enabled", "user_password", "user_signed_out",
  "device_added", "certificate_added", "device_claimed", "claim_code_made", "device_changed", "device_rotated",
  "device_revoked", "device_disabled", "device_enabled",
  "token_issued", "token_rotated", "token_revoked", "service_revoked", "connection_kicked",
  "alert_rules_changed", "plan_changed", "outlets_changed",
  "key_made", "key_pruned", "keys_rotated", "backed_up", "restored",
];

/** @type {import("./sections.js").Build} */
export function audit({ language, operator, refresh }) {
  const t = language.t.bind(language);
  const list = new Listing(language, {
    caption: t("admin.section.audit"),
    empty: t("admin.audit.none"),
    key: (entry) => JSON.stringify(entry),
    columns: [
      { title: t("admin.when"), show: ({ at }) => ({ text: ago(language, at), note: moment(language, at) }) },
      {
        title: t("admin.act"),
        show: ({ act, times }) => ({
          text: language.name("admin.act", act) + (times > 1 ? ` × ${times}` : ""),
          tone: /refused|reused/.test(act) ? "warning" : undefined,
        }),
      },
      { title: t("admin.actor"), show: ({ actor, tenant }) => ({ text: actor || "—", note: tenant === "*" ? t("nav.platform") : tenant }) },
      { title: t("admin.target"), show: ({ target }) => ({ text: target }) },
      { title: t("admin.address"), show: ({ address }) => ({ text: address || "—" }) },
    ],
  }, {
    ask: (query, signal) => operator.read("audit", { ...query, ...(choice.value && { act: choice.value }) }, signal),
    member: "entries",
    cursor: "before",
    changed: refresh,
  });
  const choice = h("select", {
    class: "choice",
    onchange: () => {
      list.rewind();
      refresh();
    },
  }, h("option", { value: "" }, t("admin.everything")), ...ACTS.map((act) => h("option", { value: act }, language.name("admin.act", act))));
  return {
    nodes: [h("label", { class: "section__tools" }, t("admin.filter"), choice), list.node],
    refresh: (signal) => list.refresh(signal),
  };
}

/** Who may sign in: made, disabled, signed out everywhere, given another password. */

import { adding } from "../controls/adding.js";
import { form } from "../controls/form.js";
import { Listing } from "../controls/listing.js";
import { password } from "./password.js";
import { showOnce } from "./secret.js";
import { day } from "../i18n/times.js";

/** @type {import("./sections.js").Build} */
export function people({ language, operator, acts, ofOneTenant, refresh }) {
  const t = language.t.bind(language);
  const login = (/** @type {any} */ { name, tenant }) => `${name}@${tenant}`;
  const list = new Listing(language, {
    caption: t("admin.section.people"),
    empty: t("admin.people.none"),
    key: login,
    columns: [
      { title: t("admin.name"), show: (user) => ({ text: login(user) }) },
      { title: t("admin.role"), show: ({ role }) => ({ text: language.name("admin.role", role) }) },
      { title: t("admin.sees"), show: ({ topics, sensors }) => ({ text: [...(topics ?? []), ...(sensors ?? [])].join(", ") || t("admin.everything") }) },
      { title: t("admin.since"), show: ({ created_at: at }) => ({ text: day(language, at) }) },
      {
        title: t("admin.state"),
        show: ({ disabled }) => disabled ? { text: t("admin.isDisabled"), tone: "bad" } : { text: t("admin.isEnabled"), tone: "good" },
      },
    ],
    actsTitle: t("control.acts"),
    acts: (user) => [
      { words: t("admin.newPassword"), run: () => reset(user) },
      { words: t("admin.signOut"), grave: true, run: () => signOut(user) },
      user.disabled
        ? { words: t("admin.enable"), run: () => disable(user, false) }
        : { words: t("admin.disable"), grave: true, run: () => disable(user, true) },
    ],
  }, {
    ask: (query, signal) => operator.read("users", query, signal),
    member: "users",
    cursor: "after",
    changed: refresh,
  });

  // The platform has operators and nobody else.
  const roles = Object.fromEntries((ofOneTenant ? ["dashboard", "admin"] : ["admin"]).map((role) => [role, t(`admin.role.${role}`)]));

  function add() {
    form(language, {
      title: t("admin.addPerson"),
      submit: t("admin.add"),
      fields: [
        { name: "name", label: t("admin.name"), hint: t("admin.nameHint"), required: true },
        { name: "role", label: t("admin.role"), choices: roles },
      ],
      run: async ({ name, role }) => {
        const secret = password();
        const user = await operator.act("POST", ["users"], { name, role, password: secret });
        return () => show(user, secret);
      },
    });
  }

  /** @param {any} user */
  async function reset(user) {
    const secret = password();
    const done = await acts.perform(t("admin.passwordSet", { what: login(user) }),
      () => operator.act("PATCH", ["users", user.name], { password: secret }), t("admin.newPasswordSure", { what: login(user) }));
    if (done) show(user, secret);
  }

  /** @param {any} user */
  function signOut(user) {
    acts.perform(t("admin.signedOut", { what: login(user) }), () => operator.act("POST", ["users", user.name, "sign-out"]),
      t("admin.signOutSure", { what: login(user) }));
  }

  /** @param {any} user @param {boolean} disabled */
  function disable(user, disabled) {
    acts.perform(t(disabled ? "admin.disabled" : "admin.enabled", { what: login(user) }), () => operator.act("PATCH", ["users", user.name], { disabled }),
      disabled ? t("admin.disableSure", { what: login(user) }) : undefined);
  }

  /** @param {any} user @param {string} secret */
  function show(user, secret) {
    refresh();
    showOnce(language, { title: t("admin.passwordOf", { what: login(user) }), secret, note: t("admin.passwordNote") });
  }

  return {
    nodes: [adding(t("admin.addPerson"), add), list.node],
    refresh: (signal) => list.refresh(signal),
  };
}

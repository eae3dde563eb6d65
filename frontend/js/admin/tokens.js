/** What was given out to prove who somebody is: to devices, services and operators. */

import { h } from "../page/dom.js";
import { adding } from "../controls/adding.js";
import { form } from "../controls/form.js";
import { USUAL_GRACE, graces } from "./graces.js";
import { Listing } from "../controls/listing.js";
import { showOnce } from "./secret.js";
import { ago, day, moment } from "../i18n/times.js";

const DAY = 86_400;
const LIVES = [DAY, 30 * DAY, 90 * DAY, 365 * DAY];
/** Whose are rotated here; a device's are with the device. */
const HOLDERS = ["service", "admin"];

/** @type {import("./sections.js").Build} */
export function tokens({ language, operator, acts, ofOneTenant, refresh }) {
  const t = language.t.bind(language);
  const list = new Listing(language, {
    caption: t("admin.section.tokens"),
    empty: t("admin.tokens.none"),
    key: ({ id }) => id,
    columns: [
      { title: t("admin.whose"), show: ({ subject, role }) => ({ text: subject, note: language.name("admin.role", role) }) },
      { title: t("admin.token"), show: ({ id }) => ({ text: id }) },
      { title: t("admin.issued"), show: ({ issued_at: at }) => ({ text: day(language, at) }) },
      { title: t("admin.lastUsed"), show: ({ last_used_at: at, last_address: address }) => ({ text: ago(language, at), note: address ?? "" }) },
      { title: t("admin.ends"), show: (token) => ends(language, token) },
    ],
    actsTitle: t("control.acts"),
    acts: (token) => over(token) ? [] : [
      ...(HOLDERS.includes(token.role) ? [{ words: t("admin.rotate"), run: () => rotate(token) }] : []),
      { words: t("admin.revoke"), grave: true, run: () => revoke(token) },
    ],
  }, {
    ask: (query, signal) => operator.read("tokens", query, signal),
    member: "tokens",
    cursor: "before",
    changed: refresh,
  });

  function add() {
    form(language, {
      title: t("admin.addToken"),
      submit: t("admin.add"),
      fields: [
        { name: "subject", label: t("admin.service"), hint: t("admin.serviceHint"), required: true },
        { name: "ttl", label: t("admin.life"), choices: Object.fromEntries(LIVES.map((life) => [String(life), t("admin.days", { count: life / DAY })])) },
      ],
      run: async ({ subject, ttl }) => {
        const given = await operator.act("POST", ["tokens"], { subject, role: "service", ttl: Number(ttl) });
        return () => show(subject, given);
      },
    });
  }

  /** @param {any} token */
  function rotate({ id, subject }) {
    form(language, {
      title: t("admin.rotateOf", { what: subject }),
      submit: t("admin.rotate"),
      fields: [{ name: "grace", label: t("admin.grace"), choices: graces(language), value: USUAL_GRACE }],
      run: async ({ grace }) => {
        const given = await operator.act("POST", ["tokens", id, "rotate"], { grace: Number(grace) });
        return () => show(subject, given);
      },
    });
  }

  /** @param {any} token */
  function revoke({ id, subject }) {
    acts.perform(t("admin.revoked", { what: subject }), () => operator.act("POST", ["tokens", id, "revoke"]), t("admin.revokeSure", { what: subject }));
  }

  /** @param {string} whose @param {any} given */
  function show(whose, { token, expires_at: at }) {
    refresh();
    showOnce(language, { title: t("admin.tokenOf", { what: whose }), secret: token, note: t("admin.tokenNote", { day: day(language, at) }) });
  }

  return {
    nodes: [ofOneTenant ? adding(t("admin.addToken"), add) : h("p", { class: "section__lead" }, t("admin.chooseTenant")), list.node],
    refresh: (signal) => list.refresh(signal),
  };
}

/** @param {any} token */
function over({ ends_at: at }) {
  return Date.parse(at) <= Date.now();
}

/** @param {import("../i18n/language.js").Language} language @param {any} token @returns {import("../controls/table.js").Shown} */
function ends(language, token) {
  if (over(token)) return { text: language.t("admin.ended"), note: moment(language, token.ends_at), tone: "quiet" };
  return { text: day(language, token.ends_at), ...(token.ends_at < token.expires_at && { note: language.t("admin.replaced") }) };
}

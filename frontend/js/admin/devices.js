/** What sends: where it is, when it was last heard, how far its clock is off, and what proves that it is it. */

import { h } from "../page/dom.js";
import { adding } from "../controls/adding.js";
import { form } from "../controls/form.js";
import { USUAL_GRACE, graces } from "./graces.js";
import { Listing } from "../controls/listing.js";
import { showOnce } from "./secret.js";
import { ago, day, moment } from "../i18n/times.js";

/** Milliseconds within which a clock is right (docs/protocol.md, 3.1). */
const CLOCK_RIGHT_MS = 5000;

/** @type {import("./sections.js").Build} */
export function devices({ language, operator, acts, ofOneTenant, refresh }) {
  const t = language.t.bind(language);
  const place = (/** @type {any} */ { enseigne, salle }) => [enseigne, salle].filter(Boolean).join(" / ");
  const list = new Listing(language, {
    caption: t("admin.section.devices"),
    empty: t("admin.devices.none"),
    key: ({ id }) => id,
    columns: [
      { title: t("admin.device"), show: (device) => ({ text: device.id, note: place(device) }) },
      { title: t("admin.sensors"), show: ({ sensors }) => ({ text: sensors.join(", ") }) },
      { title: t("admin.lastSeen"), show: (device) => lastSeen(language, device) },
      { title: t("admin.clock"), show: (device) => clock(language, device) },
      { title: t("admin.proof"), show: (device) => proof(language, device) },
    ],
    actsTitle: t("control.acts"),
    acts: (device) => [
      { words: t("admin.rotate"), run: () => rotate(device) },
      { words: t("admin.claimCode"), run: () => claim(device) },
      { words: t("admin.change"), run: () => change(device) },
      device.disabled
        ? { words: t("admin.enable"), run: () => disable(device, false) }
        : { words: t("admin.disable"), grave: true, run: () => disable(device, true) },
      { words: t("admin.revoke"), grave: true, run: () => revoke(device) },
    ],
  }, {
    ask: (query, signal) => operator.read("devices", query, signal),
    member: "devices",
    cursor: "after",
    changed: refresh,
  });

  const sensorsField = { name: "sensors", label: t("admin.sensors"), hint: t("admin.sensorsHint"), required: true };
  const placeFields = (/** @type {any} */ { enseigne = "", salle = "", interval = null } = {}) => [
    { name: "enseigne", label: t("admin.enseigne"), value: enseigne ?? "" },
    { name: "salle", label: t("admin.salle"), value: salle ?? "" },
    { name: "interval", label: t("admin.interval"), hint: t("admin.intervalHint"), type: /** @type {const} */ ("number"), value: String(interval ?? "") },
  ];

  function add() {
    form(language, {
      title: t("admin.addDevice"),
      submit: t("admin.add"),
      fields: [
        { name: "id", label: t("admin.deviceId"), hint: t("admin.deviceIdHint") },
        sensorsField,
        ...placeFields(),
        { name: "by", label: t("admin.by"), choices: { claim: t("admin.byCode"), token: t("admin.byToken") } },
      ],
      run: async ({ id, by, ...described }) => {
        const given = await operator.act("POST", ["devices"],
          { ...(id && { id }), ...description(described), ...(by === "claim" && { claim: {} }) });
        return () => show(given.device.id, given);
      },
    });
  }

  /** @param {any} device */
  function change(device) {
    form(language, {
      title: t("admin.changeOf", { what: device.id }),
      submit: t("control.save"),
      fields: [{ ...sensorsField, value: device.sensors.join(", ") }, ...placeFields(device)],
      run: async (described) => {
        await operator.act("PATCH", ["devices", device.id], description(described));
        return () => acts.done(t("admin.changed", { what: device.id }));
      },
    });
  }

  /** @param {any} device */
  function rotate({ id }) {
    form(language, {
      title: t("admin.rotateOf", { what: id }),
      submit: t("admin.rotate"),
      fields: [{ name: "grace", label: t("admin.grace"), choices: graces(language), value: USUAL_GRACE }],
      run: async ({ grace }) => {
        const given = await operator.act("POST", ["devices", id, "rotate"], { grace: Number(grace) });
        return () => show(id, given);
      },
    });
  }

  /** @param {any} device */
  async function claim({ id }) {
    const code = await acts.perform(t("admin.codeMade", { what: id }), () => operator.act("POST", ["devices", id, "claim-code"], {}));
    if (code) show(id, { claim: code });
  }

  /** @param {any} device @param {boolean} disabled */
  function disable({ id }, disabled) {
    acts.perform(t(disabled ? "admin.disabled" : "admin.enabled", { what: id }), () => operator.act("PATCH", ["devices", id], { disabled }),
      disabled ? t("admin.disableSure", { what: id }) : undefined);
  }

  /** @param {any} device */
  function revoke({ id }) {
    acts.perform(t("admin.revoked", { what: id }), () => operator.act("POST", ["devices", id, "revoke"]), t("admin.revokeSure", { what: id }));
  }

  /** @param {string} id @param {any} given */
  function show(id, { claim: code, token, expires_at: ends }) {
    refresh();
    if (code) {
      showOnce(language, {
        title: t("admin.codeOf", { what: id }), secret: code.code, qr: code.qr, note: t("admin.codeNote", { time: moment(language, code.ends_at) }),
      });
    } else {
      showOnce(language, { title: t("admin.tokenOf", { what: id }), secret: token, note: t("admin.tokenNote", { day: day(language, ends) }) });
    }
  }

  return {
    nodes: ofOneTenant
      ? [adding(t("admin.addDevice"), add), list.node]
      : [h("p", { class: "section__lead" }, t("admin.chooseTenant"))],
    refresh: async (signal) => ofOneTenant ? list.refresh(signal) : undefined,
  };
}

/** What was typed, as the gateway takes it: nothing is null. @param {Record<string, string>} typed */
function description({ sensors, enseigne, salle, interval }) {
  return {
    sensors: sensors.split(",").map((each) => each.trim()).filter(Boolean),
    enseigne: enseigne.trim() || null,
    salle: salle.trim() || null,
    interval: interval ? Number(interval) : null,
  };
}

/** The use of its tokens that is the last. @param {any} device */
function lastUse({ tokens }) {
  return tokens.filter((/** @type {any} */ token) => token.last_used_at)
    .reduce((/** @type {any} */ last, /** @type {any} */ token) => (last && last.last_used_at > token.last_used_at ? last : token), null);
}

/** @param {import("../i18n/language.js").Language} language @param {any} device @returns {import("../controls/table.js").Shown} */
function lastSeen(language, device) {
  if (device.disabled) return { text: language.t("admin.isDisabled"), tone: "bad" };
  const use = lastUse(device);
  return use ? { text: ago(language, use.last_used_at), note: use.last_address ?? "" } : { text: language.t("control.never"), tone: "quiet" };
}

/** @param {import("../i18n/language.js").Language} language @param {any} device @returns {import("../controls/table.js").Shown} */
function clock(language, device) {
  const offset = lastUse(device)?.clock_offset_ms ?? null;
  if (offset === null) return { text: "—" };
  if (Math.abs(offset) <= CLOCK_RIGHT_MS) return { text: language.t("admin.clockRight"), tone: "good" };
  const seconds = language.number(Math.abs(offset) / 1000, 0);
  return { text: language.t(offset > 0 ? "admin.clockAhead" : "admin.clockBehind", { seconds }), tone: "warning" };
}

/** @param {import("../i18n/language.js").Language} language @param {any} device @returns {import("../controls/table.js").Shown} */
function proof(language, { tokens }) {
  if (tokens.length === 0) return { text: language.t("admin.noToken"), tone: "quiet" };
  const ends = tokens.map((/** @type {any} */ token) => token.ends_at).sort().at(-1);
  return { text: language.t("admin.tokens.count", { count: tokens.length }), note: language.t("admin.until", { day: day(language, ends) }) };
}

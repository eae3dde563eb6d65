/** Alerts: what is open and who takes care of it, by which rules they come, and what was. */

import { Acts } from "../controls/acts.js";
import { adding } from "../controls/adding.js";
import { form } from "../controls/form.js";
import { Listing } from "../controls/listing.js";
import { awaiting } from "../page/awaiting.js";
import { refreshing } from "../page/refreshing.js";
import { Table } from "../controls/table.js";
import { ago, moment } from "../i18n/times.js";
import { h } from "../page/dom.js";
import { fieldsOf, ruleOf } from "./rule-form.js";
import { conditionWords, durationWords, placeWords, quietWords } from "./rule-words.js";
import { Outlets } from "./outlets.js";
import { OutletsView } from "./outlets-view.js";
import { Rules } from "./rules.js";

const PAST = "20";
/** Asked for at once, where most of what they hold is open. */
const MOST_PAGES = 10;
/** Alerts that come so close to each other are asked about once. */
const TOGETHER_MS = 500;
/** @type {Record<string, "bad" | "warning" | "quiet">} */
const TONES = { critical: "bad", warning: "warning", info: "quiet" };

/** @type {import("../pages.js").Mount} */
export function mountAlerts(main, { language, live, http, session }) {
  if (session.claims === null) return awaiting(main, language, language.t("page.alerts"));
  const t = language.t.bind(language);
  const acts = new Acts(language, () => asking.now());
  const rules = new Rules(http);
  const outlets = new Outlets(http);
  const ways = new OutletsView(language, outlets, acts);
  const open = new Table({
    caption: t("alerts.open"),
    empty: t("alerts.noneOpen"),
    key: ({ alert_id: id }) => id,
    columns: [...whatAndWhere(language), { title: t("alerts.since"), show: ({ raised_at: at }) => ({ text: ago(language, at) }) }, takenBy(language)],
    actsTitle: t("control.acts"),
    acts: (alert) => alert.acknowledged_by ? [] : [{ words: t("alerts.take"), run: () => take(alert) }],
  });
  const past = new Listing(language, {
    caption: t("alerts.past"),
    empty: t("alerts.nonePast"),
    key: ({ alert_id: id }) => id,
    columns: [...whatAndWhere(language), { title: t("alerts.when"), show: ({ raised_at: from, changed_at: to }) => ({ text: moment(language, from), note: t("alerts.until", { time: moment(language, to) }) }) }, takenBy(language)],
  }, {
    ask: (query, signal) => ended(http, query, signal),
    member: "alerts",
    cursor: "before",
    changed: () => asking.now(),
  });
  const book = new Table({
    caption: t("alerts.rules"),
    empty: t("alerts.noRules"),
    key: ({ id }) => id,
    columns: [
      { title: t("alerts.what"), show: (rule) => ({ text: conditionWords(language, rule), note: t(`severity.${rule.severity}`), tone: TONES[rule.severity] }) },
      { title: t("alerts.forHowLong"), show: (rule) => ({ text: durationWords(language, rule), note: quietWords(language, rule) }) },
      { title: t("alerts.where"), show: (rule) => ({ text: placeWords(language, rule) }) },
    ],
    actsTitle: t("control.acts"),
    acts: (rule) => [
      { words: t("alerts.change"), run: () => write(rule) },
      { words: t("alerts.remove"), grave: true, run: () => remove(rule) },
    ],
  });
  const defaults = h("button", { class: "small-button", type: "button", onclick: backToDefaults }, t("alerts.toDefaults"));
  const whose = h("p", { class: "section__note" });
  main.append(
    h("section", { class: "intro" },
      h("h1", { class: "intro__title" }, t("page.alerts")),
      h("p", { class: "intro__lead" }, t("alerts.lead"))),
    acts.node,
    section(t("alerts.open"), open.node),
    section(t("alerts.rules"), whose, h("div", { class: "section__tools alerts__tools" }, adding(t("alerts.add"), () => write(null)), defaults), book.node),
    ways.node,
    section(t("alerts.past"), past.node),
  );

  const asking = refreshing(async (signal) => {
    try {
      const [found] = await Promise.all([http.get("/api/alerts", { state: "open" }, signal), rules.load(signal), past.refresh(signal), outlets.load(signal)]);
      if (signal.aborted) return;
      open.update(found.alerts);
      book.update(rules.all);
      ways.update();
      whose.textContent = t(rules.own ? "alerts.ownRules" : "alerts.defaultRules");
      defaults.hidden = !rules.own;
      acts.reached(null);
    } catch (error) {
      if (!signal.aborted) acts.reached(error);
    }
  });

  /** @param {any} alert */
  function take(alert) {
    acts.perform(t("alerts.taken"), () => http.act("POST", `/api/alerts/${alert.alert_id}/acknowledge`));
  }

  /** @param {import("./rules.js").Rule | null} rule */
  function write(rule) {
    const { seen } = rules;
    form(language, {
      title: t(rule ? "alerts.change" : "alerts.add"),
      submit: t("control.save"),
      fields: fieldsOf(language, rule),
      run: async (values) => {
        await rules.put(ruleOf(values, rule, Intl.DateTimeFormat().resolvedOptions().timeZone), seen);
        return () => {
          acts.say(t("alerts.saved"));
          asking.now();
        };
      },
    });
  }

  /** @param {import("./rules.js").Rule} rule */
  function remove(rule) {
    acts.perform(t("alerts.saved"), () => rules.remove(rule.id), t("alerts.removeSure", { what: conditionWords(language, rule) }));
  }

  function backToDefaults() {
    acts.perform(t("alerts.saved"), () => rules.backToDefaults(), t("alerts.toDefaultsSure"));
  }

  /** @type {ReturnType<typeof setTimeout> | undefined} */ let heard;
  function soon() {
    heard ??= setTimeout(() => {
      heard = undefined;
      asking.now();
    }, TOGETHER_MS);
  }

  live.on("alert", soon);
  return {
    unmount() {
      live.off("alert", soon);
      clearTimeout(heard);
      asking.end();
      for (const dialog of document.querySelectorAll("dialog.dialog")) dialog.remove();
    },
  };
}

/**
 * A page of those that have ended; the gateway lists them among the open ones.
 * @param {import("../transport/http.js").Http} http
 * @param {Record<string, string>} query
 * @param {AbortSignal} signal
 * @returns {Promise<{alerts: any[], before: string | null}>}
 */
async function ended(http, query, signal) {
  const found = [];
  for (let asked = query, pages = 1; ; pages += 1) {
    const { alerts, before } = await http.get("/api/alerts", { ...asked, limit: PAST }, signal);
    found.push(...alerts.filter((/** @type {any} */ { state }) => state === "resolved"));
    if (before === null || found.length >= Number(PAST) || pages === MOST_PAGES) return { alerts: found, before };
    asked = { ...query, before };
  }
}

/** @param {import("../i18n/language.js").Language} language @returns {import("../controls/table.js").Look<any>["columns"]} */
function whatAndWhere(language) {
  return [
    { title: language.t("alerts.what"), show: (alert) => ({ text: conditionWords(language, alert), note: language.t(`severity.${alert.severity}`), tone: TONES[alert.severity] }) },
    { title: language.t("alerts.where"), show: ({ enseigne, salle, sensor_id: sensor }) => ({ text: [enseigne, salle].join(", "), note: sensor }) },
  ];
}

/** @param {import("../i18n/language.js").Language} language @returns {import("../controls/table.js").Look<any>["columns"][number]} */
function takenBy(language) {
  return {
    title: language.t("alerts.takenBy"),
    show: ({ acknowledged_by: who, acknowledged_at: at }) => who ? { text: who, note: ago(language, at) } : { text: "–", tone: "quiet" },
  };
}

/** @param {string} title @param {...Node} content */
function section(title, ...content) {
  return h("section", { class: "section" }, h("h2", { class: "section__title" }, title), ...content);
}

/** Who is connected, how well, and why the last ones went. */

import { CLOSES } from "../transport/closes.js";
import { h, setText } from "../page/dom.js";
import { Listing } from "../controls/listing.js";
import { Table } from "../controls/table.js";
import { ago, moment } from "../i18n/times.js";

/** @type {import("./sections.js").Build} */
export function connections({ language, operator, acts, refresh }) {
  const t = language.t.bind(language);
  const whose = (/** @type {any} */ { subject, tenant, role, address }) => ({
    text: `${subject}@${tenant}`,
    note: `${language.name("admin.role", role)} · ${address}`,
  });
  const wanted = h("input", {
    class: "choice",
    type: "search",
    maxlength: 128,
    autocomplete: "off",
    spellcheck: "false",
    oninput: () => {
      live.rewind();
      refresh();
    },
  });
  /** @returns {Record<string, string>} */
  const asked = () => (wanted.value ? { subject: wanted.value.trim() } : {});
  const count = h("p", { class: "section__lead" });
  const live = new Listing(language, {
    caption: t("admin.section.connections"),
    empty: t("admin.connections.none"),
    key: ({ id }) => id,
    columns: [
      { title: t("admin.who"), show: whose },
      { title: t("admin.topics"), show: ({ topics }) => ({ text: topics.join(", ") || "—" }) },
      { title: t("admin.since"), show: ({ since }) => ({ text: ago(language, since), note: moment(language, since) }) },
      {
        title: t("admin.sent"),
        show: ({ messages, lagging }) => ({
          text: language.number(messages, 0),
          ...(lagging && { note: t("admin.lagging"), tone: /** @type {const} */ ("warning") }),
        }),
      },
      {
        title: t("admin.roundTrip"),
        show: ({ round_trip_ms: trip }) => ({ text: trip === null ? "—" : t("status.latency", { ms: language.number(trip, 1) }) }),
      },
    ],
    actsTitle: t("control.acts"),
    acts: ({ id, subject }) => [{
      words: t("admin.kick"),
      grave: true,
      run: () => acts.perform(t("admin.kicked", { who: subject }), () => operator.act("DELETE", ["connections", id]),
        t("admin.kickSure", { who: subject })),
    }],
  }, {
    ask: (query, signal) => operator.read("connections", { ...query, ...asked() }, signal),
    member: "connections",
    cursor: "after",
    changed: refresh,
  });
  const reasons = h("ul", { class: "tally" });
  const closed = new Table({
    caption: t("admin.closed"),
    empty: t("admin.closed.none"),
    key: ({ id }) => id,
    columns: [
      { title: t("admin.who"), show: whose },
      { title: t("admin.when"), show: ({ at }) => ({ text: ago(language, at), note: moment(language, at) }) },
      { title: t("admin.why"), show: ({ code, reason }) => ({ text: whyClosed(language, code), note: reason }) },
    ],
  });
  return {
    nodes: [
      h("label", { class: "section__tools" }, t("admin.whoBegins"), wanted),
      count, live.node,
      h("h3", { class: "section__title" }, t("admin.closed")), h("p", { class: "section__note" }, t("admin.closedNote")),
      reasons, closed.node,
    ],
    async refresh(signal) {
      const [, ended] = await Promise.all([live.refresh(signal), operator.read("connections/closed", asked(), signal)]);
      if (signal.aborted) return;
      setText(count, t("admin.connections.count", { count: live.answer.total }));
      tally(reasons, ended.closed.map((/** @type {any} */ { code }) => whyClosed(language, code)));
      closed.update(ended.closed);
    },
  };
}

/** Without a frame, which is no close code of the gateway's (RFC 6455, 7.4.1). */
const BROKEN = 1006;

/** @param {import("../i18n/language.js").Language} language @param {number} code */
function whyClosed(language, code) {
  if (Object.hasOwn(CLOSES, code)) return language.t(`admin.close.${CLOSES[code].name}`);
  return language.t(code === BROKEN ? "admin.close.broken" : "admin.close.by_client");
}

/** How often each is there, the most frequent first. @param {Element} node @param {string[]} words */
function tally(node, words) {
  const groups = [...Map.groupBy(words, (each) => each)].sort(([, a], [, b]) => b.length - a.length);
  const items = groups.map(([each, all]) => `${all.length} × ${each}`);
  if (JSON.stringify(items) === JSON.stringify([...node.children].map(({ textContent }) => textContent))) return;
  node.replaceChildren(...items.map((each) => h("li", { class: "tally__item" }, each)));
}

/** The bar on top: brand, pages, the connection in words, language, theme, sign out. */

import { h, setAttributes, setText } from "../page/dom.js";
import { icon } from "./icons.js";
import { logo } from "./logo.js";
import { currentTheme, nextTheme } from "./theme.js";

/** @typedef {{path: string, page: string}} Link */

export class Header {
  #language;
  #status;
  #statusText;
  #latency;
  #tenant;
  #alarm;
  /** @type {Map<string, HTMLAnchorElement>} */ #links = new Map();

  /**
   * @param {object} options
   * @param {HTMLElement} options.node
   * @param {import("../i18n/language.js").Language} options.language
   * @param {Link[]} options.links
   * @param {() => void} options.onLanguage
   * @param {() => void} options.onTheme
   * @param {boolean} options.alarm whether it is on
   * @param {(on: boolean) => void} options.onAlarm
   * @param {() => void} options.onSignOut
   * @param {() => void} options.onSignOutEverywhere
   */
  constructor({ node, language, links, onLanguage, onTheme, alarm, onAlarm, onSignOut, onSignOutEverywhere }) {
    const t = language.t.bind(language);
    this.#language = language;
    this.#statusText = h("span", { class: "status__words" });
    this.#latency = h("span", { class: "status__latency", title: t("status.latencyLabel") });
    this.#status = h("div", { class: "status", role: "group", "aria-label": t("status.label") },
      h("span", { class: "status__dot", "aria-hidden": "true" }),
      h("span", { role: "status" }, this.#statusText),
      this.#latency);
    this.#tenant = h("span", { class: "bar__tenant" });
    this.#alarm = this.#alarmButton(alarm, onAlarm);
    for (const { path, page } of links) {
      this.#links.set(page, h("a", { class: "bar__link", href: path }, t(`nav.${page}`)));
    }
    node.replaceChildren(
      h("a", { class: "bar__brand", href: "index.html" }, logo(), h("span", { class: "bar__name" }, "IAQverse"), this.#tenant),
      h("nav", { class: "bar__nav", "aria-label": t("nav.label") }, ...this.#links.values()),
      this.#status,
      h("div", { class: "bar__tools" },
        this.#alarm,
        h("button", {
          class: "tool tool--text", type: "button", onclick: onLanguage, "aria-label": t("tool.languageLabel"),
          title: t("tool.languageLabel"), lang: language.code === "fr" ? "en" : "fr",
        }, language.code === "fr" ? "EN" : "FR"),
        this.#themeButton(onTheme),
        tool("everywhere", t("tool.everywhere"), onSignOutEverywhere),
        tool("signOut", t("tool.signOut"), onSignOut)));
  }

  /** Whether the person has a feed: with none there is no connection, and nothing to call about. @param {boolean} live */
  showLive(live) {
    this.#status.hidden = this.#alarm.hidden = !live;
  }

  /** @param {import("../live/live.js").Connection} connection */
  showConnection({ status, latency, since }) {
    const language = this.#language;
    const words = status === "offline" && since !== null
      ? language.t("status.offlineSince", { time: language.hourAndMinute(since) })
      : language.t(`status.${status}`);
    setAttributes(this.#status, { "data-status": status });
    setText(this.#statusText, words);
    setText(this.#latency, latency === null ? "" : language.t("status.latency", { ms: Math.max(1, Math.round(latency)) }));
  }

  /** @param {string | null} tenant */
  showTenant(tenant) {
    setText(this.#tenant, tenant ?? "");
  }

  /**
   * @param {string} current
   * @param {string[]} names the pages that are the person's
   */
  showPage(current, names) {
    for (const [page, link] of this.#links) {
      link.hidden = !names.includes(page);
      setAttributes(link, { "aria-current": page === current && "page" });
    }
  }

  /** @param {boolean} on @param {(on: boolean) => void} onAlarm */
  #alarmButton(on, onAlarm) {
    const button = tool(on ? "bell" : "bellOff", this.#language.t("tool.alarm"), () => {
      on = !on;
      setAttributes(button, { "aria-pressed": String(on) });
      button.replaceChildren(icon(on ? "bell" : "bellOff"));
      onAlarm(on);
    });
    setAttributes(button, { "aria-pressed": String(on) });
    return button;
  }

  /** @param {() => void} onTheme */
  #themeButton(onTheme) {
    const words = (/** @type {string} */ theme) => this.#language.t(`tool.theme.${theme}`);
    const theme = currentTheme();
    const button = tool(theme, words(theme), () => {
      const next = nextTheme();
      setAttributes(button, { "aria-label": words(next), title: words(next) });
      button.replaceChildren(icon(next));
      onTheme();
    });
    return button;
  }
}

/** @param {string} name @param {string} words @param {() => void} run */
function tool(name, words, run) {
  return h("button", { class: "tool", type: "button", "aria-label": words, title: words, onclick: run }, icon(name));
}

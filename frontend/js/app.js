/** The page's frame: header, sign-in, language, and which page stands in `<main>`. */

import { Alarm } from "./alarm/alarm.js";
import { askLeave, browserOutlets } from "./alarm/outlets.js";
import { account, http, live, session } from "./charts.js";
import { chooseLanguage, loadLanguage } from "./i18n/language.js";
import { lastKnown } from "./live/last-known.js";
import { prefer, preference } from "./page/preferences.js";
import { PAGES, pageAt, pagesOf } from "./pages.js";
import { Choice } from "./rooms/choice.js";
import { Header } from "./shell/header.js";
import { SignIn } from "./shell/sign-in.js";
import { applyTheme } from "./shell/theme.js";

const COME_BACK_MS = 3000;

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const choice = new Choice();
let language = await loadLanguage(chooseLanguage([preference("language") ?? "", ...navigator.languages]));
const outlets = browserOutlets();
const alarm = new Alarm({ outlets, now: () => live.now(), on: preference("alarm") === "on", language });
/** @type {{unmount: () => void} | null} */ let mounted = null;
/** A page that was left before it was there is not shown any more. */
let turn = 0;
/** @type {Header} */ let header;
/** @type {SignIn} */ let signIn;
/** @type {string | null} */ let askedBecause = null;

async function showPage() {
  const role = session.claims?.role ?? "dashboard";
  const names = pagesOf(role);
  const page = ownPage(names);
  mounted?.unmount();
  mounted = null;
  main.replaceChildren();
  main.dataset.page = page;
  document.title = `${language.t(`page.${page}`)} · IAQverse`;
  header.showPage(page, names);
  header.showLive(role !== "admin");
  header.showTenant(tenant());
  const shown = ++turn;
  const mount = await PAGES[page].load();
  if (shown === turn) mounted = mount(main, { language, live, choice, http, session });
}

/** The page at this address or, where that is nothing for who signed in, their first. @param {string[]} names */
function ownPage(names) {
  const page = pageAt(location.pathname);
  if (session.claims === null || names.includes(page)) return page;
  history.replaceState(null, "", PAGES[names[0]].path);
  return names[0];
}

/** What the header says beside the brand. */
function tenant() {
  const name = session.claims?.tenant ?? live.tenant;
  return name === "*" ? language.t("nav.platform") : name;
}

/** Everything that has words in it, in the language of now. */
function build() {
  document.documentElement.lang = language.code;
  for (const node of document.querySelectorAll("[data-words]")) {
    node.textContent = language.t(/** @type {HTMLElement} */ (node).dataset.words ?? "");
  }
  header = new Header({
    node: /** @type {HTMLElement} */ (document.querySelector("header")),
    language,
    links: Object.entries(PAGES).map(([page, { path }]) => ({ page, path })),
    onLanguage: switchLanguage,
    onTheme: showPage,
    alarm: alarm.on,
    onAlarm: switchAlarm,
    onSignOut: signOut,
    onSignOutEverywhere: signOutEverywhere,
  });
  header.showConnection(live.connection);
  const open = signIn?.remove();
  signIn = new SignIn({ account, session, language });
  if (open) signIn.open(askedBecause);
  showPage();
}

/** @param {boolean} on */
function switchAlarm(on) {
  alarm.on = on;
  prefer("alarm", on ? "on" : "off");
  if (!on) return;
  outlets.ring(false);
  askLeave();
}

async function switchLanguage() {
  language = await loadLanguage(language.code === "fr" ? "en" : "fr");
  prefer("language", language.code);
  alarm.language = language;
  build();
}

/**
 * Pages change without a load: the token lives in this page's memory, and so does the connection.
 * @param {MouseEvent} event
 */
function followLink(event) {
  const link = /** @type {Element} */ (event.target).closest?.("a[href]");
  const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
  if (!(link instanceof HTMLAnchorElement) || !plain || link.origin !== location.origin) return;
  if (!Object.values(PAGES).some(({ path }) => link.pathname.endsWith(path))) return;
  if (link.pathname === location.pathname && link.hash) return; // within the page
  event.preventDefault();
  if (link.href !== location.href) history.pushState(null, "", link.href);
  showPage();
  scrollTo(0, 0);
}

function signOut() {
  session.end();
  account.signOut();
}

/** A person who believes it and goes must not be wrong: where the gateway was not told, it is said. */
async function signOutEverywhere() {
  if (!confirm(language.t("tool.everywhereSure"))) return;
  session.end();
  if (await account.signOut({ everywhere: true })) return;
  askedBecause = "here_alone";
  signIn.open(askedBecause);
}

/** By the cookie of an earlier visit; until the gateway answers it is asked again. */
async function comeBack() {
  if (session.token !== null) return;
  try {
    const token = await account.renew();
    if (token === null) session.need();
    else session.begin(token);
  } catch {
    await waitForGateway();
    setTimeout(comeBack, COME_BACK_MS);
  }
}

/** With what was last known in sight, where somebody signed in here before. */
async function waitForGateway() {
  if (live.status === "offline") return;
  const known = await lastKnown();
  if (known) return live.recall(known);
  askedBecause = "unreachable";
  signIn.open(askedBecause);
}

session.on("ended", (reason) => {
  askedBecause = reason;
  live.stop();
  choice.forget();
  showPage();
  signIn.open(reason);
});
session.on("began", () => {
  signIn.close();
  if (session.claims?.role !== "admin") live.start();
  showPage();
});
account.on("signed_in", comeBack);
account.on("signed_out", () => session.end());
live.on("alert", (alert) => alarm.hear(alert));
live.on("status", () => header.showConnection(live.connection));
live.on("change", () => header.showTenant(tenant()));
document.addEventListener("click", followLink);
window.addEventListener("popstate", () => {
  if (main.dataset.page !== pageAt(location.pathname)) showPage();
});

applyTheme();
build();
comeBack();
// Where the certificate is not trusted there is no offline either.
navigator.serviceWorker?.register("/sw.js").catch(() => {});

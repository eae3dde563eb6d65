/** The page's frame: header, sign-in, language, and which page stands in `<main>`. */

import { account, live, session } from "./charts.js";
import { Choice } from "./dashboard/choice.js";
import { mountDashboard } from "./dashboard/page.js";
import { Language, chooseLanguage } from "./i18n.js";
import { prefer, preference } from "./preferences.js";
import { Header } from "./shell/header.js";
import { SignIn } from "./shell/sign-in.js";
import { applyTheme } from "./shell/theme.js";
import { mountTwin } from "./twin/page.js";

/**
 * @typedef {object} Context what every page gets
 * @property {import("./i18n.js").Language} language
 * @property {import("./live.js").Live} live
 * @property {Choice} choice the room that is shown, kept from page to page
 *
 * @typedef {(main: HTMLElement, context: Context) => {unmount: () => void}} Mount
 */

/** @type {Record<string, {path: string, mount: Mount}>} */
const PAGES = {
  dashboard: { path: "index.html", mount: mountDashboard },
  twin: { path: "digital-twin.html", mount: mountTwin },
};

const COME_BACK_MS = 3000;

const main = /** @type {HTMLElement} */ (document.querySelector("main"));
const choice = new Choice();
let language = new Language(chooseLanguage([preference("language") ?? "", ...navigator.languages]));
/** @type {{unmount: () => void} | null} */ let mounted = null;
/** @type {Header} */ let header;
/** @type {SignIn} */ let signIn;
/** @type {string | null} */ let askedBecause = null;

function pageOfAddress() {
  return location.pathname.endsWith("digital-twin.html") ? "twin" : "dashboard";
}

function showPage() {
  const page = pageOfAddress();
  mounted?.unmount();
  main.replaceChildren();
  main.dataset.page = page;
  document.title = `${language.t(`page.${page}`)} · IAQverse`;
  header.showPage(page);
  mounted = PAGES[page].mount(main, { language, live, choice });
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
    onSignOut: signOut,
  });
  header.showStatus(live.status);
  header.showTenant(live.tenant);
  const open = signIn?.remove();
  signIn = new SignIn({ account, session, language });
  if (open) signIn.open(askedBecause);
  showPage();
}

function switchLanguage() {
  language = new Language(language.code === "fr" ? "en" : "fr");
  prefer("language", language.code);
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
  event.preventDefault();
  if (link.href !== location.href) history.pushState(null, "", link.href);
  showPage();
  scrollTo(0, 0);
}

function signOut() {
  session.end();
  account.signOut();
}

/** By the cookie of an earlier visit; until the gateway answers it is asked again. */
async function comeBack() {
  if (session.token !== null) return;
  try {
    const token = await account.renew();
    if (token === null) session.need();
    else session.begin(token);
  } catch {
    askedBecause = "unreachable";
    signIn.open(askedBecause);
    setTimeout(comeBack, COME_BACK_MS);
  }
}

session.on("ended", (reason) => {
  askedBecause = reason;
  live.stop();
  live.store.clear();
  choice.forget();
  showPage();
  signIn.open(reason);
});
session.on("began", () => {
  signIn.close();
  live.start();
});
account.on("signed_in", comeBack);
account.on("signed_out", () => session.end());
live.on("status", (status) => header.showStatus(status));
live.on("change", () => header.showTenant(live.tenant));
document.addEventListener("click", followLink);
window.addEventListener("popstate", () => {
  if (main.dataset.page !== pageOfAddress()) showPage();
});

applyTheme();
build();
comeBack();

/** The operator's page: one section at a time, of the tenant that is chosen, asked for anew while it is seen. */

import { h, setAttributes } from "../page/dom.js";
import { Acts } from "../controls/acts.js";
import { Operator } from "./operator.js";
import { awaiting } from "../page/awaiting.js";
import { refreshing } from "../page/refreshing.js";
import { SECTIONS, sectionsOf } from "./sections.js";
import { TenantChoice } from "./tenant-choice.js";

/** @type {import("../pages.js").Mount} */
export function mountAdmin(main, { language, http, session }) {
  const { claims } = session;
  if (claims === null) return awaiting(main, language, language.t("page.admin"));
  const operator = new Operator(http);
  const ofPlatform = claims.tenant === "*";
  const acts = new Acts(language, () => asking.now());
  const tenants = ofPlatform ? new TenantChoice(language, operator, show) : null;
  const place = h("div", { class: "section" });
  const names = sectionsOf(ofPlatform);
  const links = new Map(names.map((name) =>
    [name, h("a", { class: "tab", href: `#${name}` }, language.t(`admin.section.${name}`))]));
  /** @type {import("./sections.js").Section | null} */ let section = null;
  let turn = 0;
  main.append(
    h("section", { class: "intro admin__intro" },
      h("h1", { class: "intro__title" }, language.t("page.admin")),
      tenants && tenants.node),
    h("nav", { class: "tabs", "aria-label": language.t("admin.sections") }, ...links.values()),
    acts.node,
    place,
  );

  async function show() {
    const name = names.find((each) => location.hash === `#${each}`) ?? names[0];
    const mine = ++turn;
    for (const [each, link] of links) setAttributes(link, { "aria-current": each === name && "page" });
    const build = await SECTIONS[name]();
    if (mine !== turn) return;
    acts.say("");
    tenants?.refresh().catch((error) => acts.reached(error));
    const ofOneTenant = !ofPlatform || operator.tenant !== null;
    section = build({ language, operator, acts, ofPlatform, ofOneTenant, refresh: () => asking.now() });
    place.replaceChildren(h("h2", { class: "hidden" }, language.t(`admin.section.${name}`)), ...section.nodes);
    asking.now();
  }

  const asking = refreshing(async (signal) => {
    try {
      await section?.refresh(signal);
      acts.reached(null);
    } catch (error) {
      if (signal.aborted) return;
      if (/** @type {any} */ (error).status === 401) session.end("expired");
      else acts.reached(error);
    }
  });
  addEventListener("hashchange", show);
  show();
  return {
    unmount() {
      turn += 1;
      removeEventListener("hashchange", show);
      asking.end();
      for (const dialog of document.querySelectorAll("dialog.dialog")) dialog.remove();
    },
  };
}

/** The digital twin: a plan per enseigne, and the chosen room beside it. */

import { ChartsView } from "../charts/charts-view.js";
import { inView } from "../dashboard/page.js";
import { h } from "../page/dom.js";
import { LEVELS } from "../iaq/quantities.js";
import { roomViews } from "../rooms/room-views.js";
import { KeptPlans } from "./kept-plans.js";
import { ModulesView } from "./modules-view.js";
import { SiteView } from "./site-view.js";
import { thingsIn } from "./things.js";

/** @type {import("../pages.js").Mount} */
export function mountTwin(main, { language, live, choice, http, session }) {
  const charts = new ChartsView(language, live.past);
  const modules = new ModulesView(language);
  const kept = new KeptPlans(http);
  const mayDraw = drawsFor(session.claims);
  const plans = h("div", { class: "twin__plans" });
  /** @type {Map<string, SiteView>} */ const sites = new Map();
  main.append(
    h("section", { class: "intro" },
      h("h1", { class: "intro__title" }, language.t("twin.title")),
      h("p", { class: "intro__lead" }, language.t("twin.lead")),
      legend(language)),
    h("div", { class: "twin" }, plans, h("div", { class: "twin__side" }, modules.node, charts.node)),
  );

  /** @param {string} key */
  function choose(key) {
    choice.choose(key);
    draw();
    if (!inView(modules.node)) modules.node.scrollIntoView({ behavior: "smooth", block: "start" });
  }

  /** @param {string} enseigne */
  function siteOf(enseigne) {
    let site = sites.get(enseigne);
    if (!site) sites.set(enseigne, (site = new SiteView({ language, enseigne, onChoose: choose, kept, mayDraw, who: session.who })));
    return site;
  }

  function draw() {
    const now = live.now();
    const all = roomViews(live.store, language, now);
    choice.settle(all);
    const things = new Map(all.map(({ key, room }) => [key, thingsIn(room, now)]));
    const groups = [...Map.groupBy(all, ({ enseigne }) => enseigne)];
    for (const [enseigne, rooms] of groups) {
      const theirs = new Map(rooms.map(({ key, salle }) => [salle, things.get(key) ?? []]));
      siteOf(enseigne).update({ rooms, things: theirs, chosen: choice.room, now });
    }
    arrange(groups.map(([enseigne]) => siteOf(enseigne).node));
    const chosen = live.store.rooms.get(choice.room ?? "") ?? null;
    modules.node.hidden = chosen === null;
    modules.update(chosen?.salle ?? "", things.get(choice.room ?? "") ?? [], now);
    charts.update(chosen, now);
  }

  /** @param {HTMLElement[]} nodes */
  function arrange(nodes) {
    if (nodes.length === plans.children.length && nodes.every((node, i) => plans.children[i] === node)) return;
    plans.replaceChildren(...(nodes.length ? nodes : [h("p", { class: "empty" }, language.t("rooms.none"))]));
  }

  /** Without them the plans are those that are made by themselves. */
  async function recollect() {
    if (session.claims === null || document.hidden) return;
    await kept.load().catch(() => {});
    draw();
  }

  live.on("change", draw);
  document.addEventListener("visibilitychange", recollect);
  draw();
  recollect();
  return {
    unmount() {
      live.off("change", draw);
      document.removeEventListener("visibilitychange", recollect);
      for (const site of sites.values()) site.destroy();
      charts.destroy();
    },
  };
}

/** Who sees a part alone draws nothing for the others, as the gateway judges. @param {import("../account/session.js").Session["claims"]} claims */
function drawsFor(claims) {
  return claims !== null && !claims.topics && !claims.sensors;
}

/** @param {import("../i18n/language.js").Language} language */
function legend(language) {
  const names = [...LEVELS.map(([, level]) => [level, language.t(`level.${level}`)]), ["stale", language.t("room.stale")]];
  return h("ul", { class: "legend", "aria-label": language.t("twin.legend") },
    ...names.map(([level, words]) => h("li", { class: "legend__item", "data-level": level }, words)),
    h("li", {}, language.t("twin.air")));
}

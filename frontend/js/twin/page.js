/** The digital twin: a plan per enseigne, and the chosen room beside it. */

import { ChartsView } from "../charts/charts-view.js";
import { inView } from "../dashboard/page.js";
import { h } from "../page/dom.js";
import { LEVELS } from "../iaq/quantities.js";
import { roomViews } from "../rooms/room-views.js";
import { ModulesView } from "./modules-view.js";
import { PlanView } from "./plan-view.js";

/** Rooms in a row of the plan: fewer on a phone, where they would be too small to read. */
const WIDE = matchMedia("(min-width: 700px)");

/** @type {import("../pages.js").Mount} */
export function mountTwin(main, { language, live, choice }) {
  const charts = new ChartsView(language, live.past);
  const modules = new ModulesView(language);
  const plans = h("div", { class: "twin__plans" });
  /** @type {Map<string, PlanView>} */ const views = new Map();
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
  function planOf(enseigne) {
    let view = views.get(enseigne);
    if (!view) views.set(enseigne, (view = new PlanView({ language, enseigne, onChoose: choose })));
    return view;
  }

  function draw() {
    const now = live.now();
    const { rooms } = live.store;
    const all = roomViews(live.store, language, now);
    choice.settle(all);
    const modulesOf = (/** @type {string} */ key) =>
      [...(rooms.get(key)?.modules.values() ?? [])].sort((a, b) => language.compare(a.module_id, b.module_id));
    const groups = [...Map.groupBy(all, ({ enseigne }) => enseigne)];
    for (const [enseigne, members] of groups) {
      planOf(enseigne).update(members, modulesOf, choice.room, columnsFor(members.length));
    }
    arrange(groups.map(([enseigne]) => planOf(enseigne).node));
    modules.node.hidden = choice.room === null;
    modules.update(rooms.get(choice.room ?? "")?.salle ?? "", modulesOf(choice.room ?? ""), now);
    charts.update(rooms.get(choice.room ?? "") ?? null, now);
  }

  /** @param {HTMLElement[]} nodes */
  function arrange(nodes) {
    if (nodes.length === plans.children.length && nodes.every((node, i) => plans.children[i] === node)) return;
    plans.replaceChildren(...(nodes.length ? nodes : [h("p", { class: "empty" }, language.t("rooms.none"))]));
  }

  live.on("change", draw);
  draw();
  return {
    unmount() {
      live.off("change", draw);
      charts.destroy();
    },
  };
}

/** @param {number} rooms */
function columnsFor(rooms) {
  return WIDE.matches ? Math.min(3, Math.max(2, Math.ceil(rooms / 2))) : 1;
}

/** @param {import("../i18n/language.js").Language} language */
function legend(language) {
  const names = [...LEVELS.map(([, level]) => [level, language.t(`level.${level}`)]), ["stale", language.t("room.stale")]];
  return h("ul", { class: "legend", "aria-label": language.t("twin.legend") },
    ...names.map(([level, words]) => h("li", { class: "legend__item", "data-level": level }, words)));
}

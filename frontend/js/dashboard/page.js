/** The dashboard: the sentence, the rooms, the charts of one, and what happened. */

import { h } from "../page/dom.js";
import { ChartsView } from "../charts/charts-view.js";
import { EventsView } from "../events/events-view.js";
import { OverviewView } from "../rooms/overview-view.js";
import { roomViews } from "../rooms/room-views.js";
import { RoomsView } from "../rooms/rooms-view.js";

/** @type {import("../pages.js").Mount} */
export function mountDashboard(main, { language, live, choice }) {
  const overview = new OverviewView(language);
  const charts = new ChartsView(language, live.past);
  const events = new EventsView(language);
  const rooms = new RoomsView(language, (key) => {
    choice.choose(key);
    draw();
    if (!inView(charts.node)) charts.node.scrollIntoView({ behavior: "smooth", block: "start" });
  });
  main.append(
    overview.node,
    h("div", { class: "dashboard" },
      rooms.node,
      h("div", { class: "dashboard__detail" }, charts.node, events.node)),
  );

  function draw() {
    const now = live.now();
    const views = roomViews(live.store, language, now);
    choice.settle(views);
    overview.update(views, now, live.status);
    rooms.update(views, choice.room, now);
    charts.update(live.store.rooms.get(choice.room ?? "") ?? null, now);
    events.update(live.store.events, now);
  }

  live.on("change", draw);
  live.on("status", draw);
  draw();
  return {
    unmount() {
      live.off("change", draw);
      live.off("status", draw);
      charts.destroy();
    },
  };
}

/** @param {Element} node */
export function inView(node) {
  const { top } = node.getBoundingClientRect();
  return top >= 0 && top < innerHeight * 0.7;
}

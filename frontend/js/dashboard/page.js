/** The dashboard: the sentence, the rooms, the charts of one, and what happened. */

import { h } from "../page/dom.js";
import { roomState } from "../rooms/room-state.js";
import { ChartsView } from "../charts/charts-view.js";
import { EventsView } from "../events/events-view.js";
import { OverviewView } from "../rooms/overview-view.js";
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
      h("div", { class: "dashboard__main" }, rooms.node, charts.node),
      h("div", { class: "dashboard__side" }, events.node)),
  );

  function draw() {
    const now = live.now();
    const views = roomViews(live.store, language, now);
    choice.settle(views);
    overview.update(views, now, live.status);
    rooms.update(views, choice.room);
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

/**
 * @param {import("../live/store.js").Store} store
 * @param {import("../i18n/language.js").Language} language
 * @param {number} now
 * @returns {import("../rooms/rooms-view.js").RoomView[]} by enseigne, then by room
 */
export function roomViews(store, language, now) {
  return [...store.rooms]
    .map(([key, room]) => ({ key, enseigne: room.enseigne, salle: room.salle, state: roomState(room, now) }))
    .sort((a, b) => language.compare(a.enseigne, b.enseigne) || language.compare(a.salle, b.salle));
}

/** @param {Element} node */
export function inView(node) {
  const { top } = node.getBoundingClientRect();
  return top >= 0 && top < innerHeight * 0.7;
}

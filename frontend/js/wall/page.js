/** The wall: every room on one screen that nobody touches, and the time. */

import { h, setText } from "../page/dom.js";
import { OverviewView } from "../rooms/overview-view.js";
import { roomViews } from "../rooms/room-views.js";
import { Tile } from "./tile.js";
import { Wakefulness } from "./wakefulness.js";

/** Tiles that can be read from afar; of more rooms, those that need somebody most. */
const MOST = 12;
/** Width to height. */
const SHAPE = 1.5;

/** @type {import("../pages.js").Mount} */
export function mountWall(main, { language, live }) {
  const overview = new OverviewView(language);
  const clock = h("time", { class: "wall__clock" });
  const tiles = h("ul", { class: "wall__tiles" });
  const nothing = h("p", { class: "empty" }, language.t("rooms.none"));
  const awake = new Wakefulness();
  /** @type {Map<string, Tile>} */ const shown = new Map();
  let drawn = "";
  main.append(h("div", { class: "wall" }, h("div", { class: "wall__top" }, overview.node, clock), tiles, nothing));

  /** @param {import("../rooms/rooms-view.js").RoomView[]} rooms */
  function arrange(rooms) {
    const keys = JSON.stringify(rooms.map(({ key }) => key));
    if (keys === drawn) return;
    drawn = keys;
    for (const key of shown.keys()) if (!rooms.some((room) => room.key === key)) shown.delete(key);
    for (const room of rooms) if (!shown.has(room.key)) shown.set(room.key, new Tile(language, room));
    tiles.replaceChildren(...rooms.map(({ key }) => /** @type {Tile} */ (shown.get(key)).node));
    nothing.hidden = rooms.length > 0;
    spread();
  }

  function spread() {
    const { clientWidth, clientHeight } = tiles;
    const columns = Math.round(Math.sqrt((shown.size * clientWidth) / (SHAPE * Math.max(1, clientHeight))));
    tiles.style.setProperty("--columns", String(Math.min(Math.max(1, shown.size), Math.max(1, columns))));
  }

  function draw() {
    const now = live.now();
    const all = roomViews(live.store, language, now);
    overview.update(all, now, live.status);
    arrange(inNeed(all));
    for (const room of all) shown.get(room.key)?.update(room, now);
    setText(clock, language.hourAndMinute(Date.now() / 1000));
  }

  const observer = new ResizeObserver(spread);
  observer.observe(tiles);
  live.on("change", draw);
  live.on("status", draw);
  draw();
  return {
    unmount() {
      observer.disconnect();
      live.off("change", draw);
      live.off("status", draw);
      awake.end();
    },
  };
}

/** @param {import("../rooms/rooms-view.js").RoomView[]} rooms @returns {import("../rooms/rooms-view.js").RoomView[]} in their places, where there are not too many */
function inNeed(rooms) {
  if (rooms.length <= MOST) return rooms;
  const need = (/** @type {import("../rooms/rooms-view.js").RoomView} */ { state }) => (state.stale ? 69 : state.score ?? 100);
  return [...rooms].sort((a, b) => need(a) - need(b)).slice(0, MOST);
}

/** The state of all rooms in one sentence: which word, which rooms. Pure. */

import { openAlert } from "./open-alert.js";

/**
 * @typedef {import("./room-state.js").RoomState} RoomState
 * @typedef {{verdict: "waiting" | "stale" | "act" | "watch" | "good" | "excellent",
 *   rooms: string[], total: number, stale: number, newest: number | null}} Overview
 */

/**
 * @param {{salle: string, state: RoomState, room: import("../live/store.js").Room}[]} rooms
 * @returns {Overview} `rooms`: those the verdict is about, worst first
 */
export function overview(rooms) {
  const measured = rooms.filter(({ state }) => state.at !== null);
  const fresh = measured.filter(({ state }) => !state.stale && state.score !== null);
  const named = (/** @type {(room: typeof fresh[number]) => boolean} */ chosen) =>
    fresh
      .filter(chosen)
      .sort((a, b) => /** @type {number} */ (a.state.score) - /** @type {number} */ (b.state.score))
      .map(({ salle }) => salle);
  const below = (/** @type {number} */ score) => named(({ state }) => /** @type {number} */ (state.score) < score);
  // A mean hides one bad quantity among good ones; an alert does not.
  const watched = named(({ state, room }) => /** @type {number} */ (state.score) < 70 || openAlert(room) !== null);
  const total = measured.length;
  const newest = total ? Math.max(...measured.map(({ state }) => /** @type {number} */ (state.at))) : null;
  const rest = { total, stale: measured.filter(({ state }) => state.stale).length, newest };
  if (total === 0) return { verdict: "waiting", rooms: [], ...rest };
  if (fresh.length === 0) return { verdict: "stale", rooms: [], ...rest };
  if (below(50).length) return { verdict: "act", rooms: below(50), ...rest };
  if (watched.length) return { verdict: "watch", rooms: watched, ...rest };
  return { verdict: below(90).length ? "good" : "excellent", rooms: [], ...rest };
}

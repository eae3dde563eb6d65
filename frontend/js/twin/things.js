/** What stands in a room and is live: its modules and its sensors. */

import { time } from "../live/store.js";
import { speaks } from "../rooms/room-state.js";

/** States in which a module is doing something or lets air through. */
const ACTIVE = new Set(["on", "open", "boost", "auto"]);

/**
 * @typedef {object} Thing
 * @property {string} id
 * @property {string} kind as a module's (docs/protocol.md §4.4)
 * @property {string} state
 * @property {boolean} active
 * @property {boolean} silent nothing is known of now
 * @property {number} at since when, seconds since the epoch
 */

/**
 * @param {import("../live/store.js").Room} room
 * @param {number} now
 * @returns {Thing[]} modules first, each by its name
 */
export function thingsIn({ sensors, modules }, now) {
  const kinds = [...modules].filter(([id]) => !sensors.has(id)).map(([id, message]) => {
    const state = String(message.state ?? "");
    const silent = state === "offline" || state === "stale";
    return { id, kind: String(message.kind ?? "module"), state, active: ACTIVE.has(state), silent, at: time(message) };
  });
  const measuring = [...sensors].map(([id, series]) => {
    const silent = !speaks(series, modules.get(id), now);
    return { id, kind: "sensor", state: silent ? "stale" : "online", active: false, silent, at: series.current?.at ?? series.last?.at ?? now };
  });
  return [...kinds.sort(byId), ...measuring.sort(byId)];
}

/** @param {Thing} thing @param {import("../i18n/language.js").Language} language @returns {string} e.g. "Fenêtre : ouverte" */
export function thingWords({ kind, state }, language) {
  return language.t("pair", { name: language.name("module", kind), value: language.name("state", state) });
}

/** @param {Thing} a @param {Thing} b */
function byId(a, b) {
  return a.id.localeCompare(b.id, undefined, { numeric: true });
}

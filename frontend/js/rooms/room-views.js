/** All rooms as they stand now, in the order in which people look for them. */

import { roomState } from "./room-state.js";

/**
 * @param {import("../live/store.js").Store} store
 * @param {import("../i18n/language.js").Language} language
 * @param {number} now
 * @returns {import("./rooms-view.js").RoomView[]} by enseigne, then by room
 */
export function roomViews(store, language, now) {
  return [...store.rooms]
    .map(([key, room]) => ({ key, room, enseigne: room.enseigne, salle: room.salle, state: roomState(room, now) }))
    .sort((a, b) => language.compare(a.enseigne, b.enseigne) || language.compare(a.salle, b.salle));
}

/** Of a room's alerts the one to show: not resolved, more than information, the most severe, the newest. Pure. */

import { time } from "../live/store.js";

const SEVERITIES = ["warning", "critical"];

/**
 * @param {import("../live/store.js").Room} room
 * @returns {import("../transport/protocol.js").Message | null}
 */
export function openAlert(room) {
  const open = [...room.alerts.values()].filter(({ state, severity }) => state !== "resolved" && SEVERITIES.includes(severity));
  const rank = (/** @type {import("../transport/protocol.js").Message} */ { severity }) => SEVERITIES.indexOf(severity);
  return open.sort((a, b) => rank(b) - rank(a) || time(b) - time(a))[0] ?? null;
}

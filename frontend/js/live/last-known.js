/**
 * The last measurement of each sensor, kept on this device for a page that opens without a network. It goes
 * when somebody signs out.
 */

const CACHE = "iaqverse.last";
const ADDRESS = "/last-known";

/** @typedef {{at: number, tenant: string | null, measurements: import("../transport/protocol.js").Message[]}} Snapshot `at` in seconds since the epoch */

/** @param {import("./store.js").Store} store @returns {Snapshot["measurements"]} */
export function measurementsOf(store) {
  return [...store.rooms.values()].flatMap(({ enseigne, salle, sensors }) =>
    [...sensors].flatMap(([sensor_id, { last }]) => (last === null ? [] : {
      type: "measurement", enseigne, salle, sensor_id,
      timestamp: new Date(last.at * 1000).toISOString(), values: last.values, global_score: last.score,
    })));
}

/** @param {Snapshot} snapshot */
export async function keepLastKnown(snapshot) {
  try {
    await (await caches.open(CACHE)).put(ADDRESS, Response.json(snapshot));
  } catch {
    // no room, or no leave: then a page without a network has nothing to show
  }
}

/** @returns {Promise<Snapshot | null>} */
export async function lastKnown() {
  try {
    return (await (await caches.open(CACHE)).match(ADDRESS))?.json() ?? null;
  } catch {
    return null;
  }
}

export async function forgetLastKnown() {
  await globalThis.caches?.delete(CACHE).catch(() => {});
}

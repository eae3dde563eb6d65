/** The last measurement of each sensor that has been silent for longer than a page looks back at first. */

/** A sensor that is silent for longer is taken for gone. */
const HOURS = 720;
/** Sensors asked for, those that spoke last first: one request each. */
const MOST = 20;

/** @typedef {import("../transport/protocol.js").Message} Message */

/**
 * @param {Pick<import("../transport/api.js").Api, "history">} api
 * @param {(sensor: string) => boolean} known whether something of it is here already
 * @returns {Promise<Message[]>}
 */
export async function lastWords(api, known) {
  const days = await api.history({ hours: HOURS, step: "daily" });
  /** @type {Map<string, Message>} */ const silent = new Map();
  for (const day of days.reverse()) {
    const sensor = String(day.sensor_id);
    if (!known(sensor) && !silent.has(sensor) && silent.size < MOST) silent.set(sensor, day);
  }
  const answers = await Promise.all([...silent.values()].map(({ sensor_id, enseigne, salle }) =>
    api.history({ sensor_id, enseigne, salle, hours: HOURS, limit: 1 })));
  return answers.flat();
}

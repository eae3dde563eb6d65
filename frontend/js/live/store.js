/** What the page knows: rooms with their sensors, modules, and the latest events. Bounded. */

import { QUANTITIES } from "../iaq/quantities.js";
import { Series } from "./series.js";

/** The least recently heard is forgotten first. */
export const MAX_SENSORS = 500;
export const MAX_MODULES = 500;
export const MAX_EVENTS = 200;
/** Of one room. */
export const MAX_ALERTS = 20;

/**
 * @typedef {import("../transport/protocol.js").Message} Message
 * @typedef {{enseigne: string, salle: string, sensors: Map<string, Series>, modules: Map<string, Message>,
 *   alerts: Map<string, Message>}} Room `alerts`: the latest of each
 */

export class Store {
  /** @type {Map<string, Room>} */ rooms = new Map();
  /** Predictions, actions, alerts and module states, newest first. @type {Message[]} */
  events = [];
  /** Sensors and modules by when they were last heard. @type {Map<string, () => void>} */
  #sensors = new Map();
  /** @type {Map<string, () => void>} */ #modules = new Map();

  /** @param {Message} message @returns {boolean} whether anything changed */
  apply(message) {
    if (message.type === "measurement") return this.#measured(message);
    if (message.type === "module") this.#moduleChanged(message);
    if (message.type === "alert") this.#alerted(message);
    this.events.unshift(message);
    if (this.events.length > 1 && time(message) < time(this.events[1])) {
      this.events.sort((a, b) => time(b) - time(a));
    }
    this.events.length = Math.min(this.events.length, MAX_EVENTS);
    return true;
  }

  /** @param {string} sensor @returns {boolean} whether it was heard of, in whichever room */
  knows(sensor) {
    return [...this.rooms.values()].some(({ sensors }) => sensors.has(sensor));
  }

  clear() {
    this.rooms.clear();
    this.events = [];
    this.#sensors.clear();
    this.#modules.clear();
  }

  /** @param {Message} message */
  #measured(message) {
    const point = pointOf(message);
    if (!Number.isFinite(point.at)) return false;
    const room = this.#room(message);
    const sensor = String(message.sensor_id ?? "");
    let series = room.sensors.get(sensor);
    if (!series) room.sensors.set(sensor, (series = new Series()));
    heard(this.#sensors, JSON.stringify([roomKey(message), sensor]), MAX_SENSORS, () => {
      room.sensors.delete(sensor);
      if (room.sensors.size === 0) this.rooms.delete(roomKey(room));
    });
    return series.insert(point, message.backlog === true);
  }

  /** @param {Message} message */
  #moduleChanged(message) {
    if (!message.salle) return;
    const room = this.#room(message);
    const id = moduleId(message);
    const known = room.modules.get(id);
    if (known && time(known) > time(message)) return;
    room.modules.set(id, message);
    heard(this.#modules, JSON.stringify([roomKey(message), id]), MAX_MODULES, () => room.modules.delete(id));
  }

  /** Of alerts without an id each is its own, and ends with the next one. @param {Message} message */
  #alerted(message) {
    const alerts = this.rooms.get(roomKey(message))?.alerts;
    if (!alerts) return;
    const id = String(message.alert_id ?? "");
    const known = alerts.get(id);
    if (known && time(known) > time(message)) return;
    alerts.delete(id);
    alerts.set(id, message);
    if (alerts.size > MAX_ALERTS) alerts.delete(/** @type {string} */ (alerts.keys().next().value));
  }

  /** @param {Message} message @returns {Room} */
  #room({ enseigne, salle }) {
    const key = roomKey({ enseigne, salle });
    let room = this.rooms.get(key);
    if (!room) {
      room = { enseigne: enseigne ?? "", salle: salle ?? "", sensors: new Map(), modules: new Map(), alerts: new Map() };
      this.rooms.set(key, room);
      // A room may be heard of after its alerts: its sensor is silent, and what it said last comes later.
      for (const event of [...this.events].reverse()) {
        if (event.type === "alert" && roomKey(event) === key) this.#alerted(event);
      }
    }
    return room;
  }
}

/** @param {Record<string, any>} place its `enseigne` and `salle` @returns {string} */
export function roomKey({ enseigne, salle }) {
  return JSON.stringify([enseigne ?? "", salle ?? ""]);
}

/** @param {Message} message @returns {string} */
export function moduleId(message) {
  return String(message.module_id ?? message.module ?? message.sensor_id ?? "");
}

/** @param {Message} message @returns {number} seconds since the epoch; NaN without a time */
export function time({ timestamp }) {
  return Date.parse(timestamp) / 1000;
}

/** @param {Message} measurement @returns {import("./series.js").Point} */
export function pointOf(measurement) {
  const { values, global_score: score = null } = measurement;
  const known = QUANTITIES.map(({ name, flat }) => [name, values?.[name] ?? measurement[flat] ?? null]);
  return { at: time(measurement), values: Object.fromEntries(known), score };
}

/**
 * @param {Map<string, () => void>} order
 * @param {string} key
 * @param {number} max
 * @param {() => void} forget what to do when this key is the one too many
 */
function heard(order, key, max, forget) {
  order.delete(key);
  order.set(key, forget);
  if (order.size <= max) return;
  const [[oldest, forgetOldest]] = order;
  order.delete(oldest);
  forgetOldest();
}

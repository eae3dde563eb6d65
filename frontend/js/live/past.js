/**
 * The past of the rooms that somebody looks at, asked for when they do: every point for short ranges,
 * means for long ones. What is newer than the last whole step is joined here, so that a chart moves on.
 */

import { joined, stepOf } from "./means.js";
import { pointOf, roomKey } from "./store.js";

/** Rooms and steps that are held; the first asked for is forgotten first. */
const MAX_HELD = 16;
/** Seconds until means are asked for again, so that few points have to be joined here. */
const MEANS_LAST = 300;
/** Seconds between two questions about what a backlog changed, or after one that failed. */
const REST = 3;

/**
 * @typedef {import("./store.js").Room} Room
 * @typedef {{seconds: number, steps: (keyof typeof STEPS)[]}} Range seconds of the steps, the widest first, each up to its
 *   last whole one, the next from there on; from the last one's on every point, and without any from the beginning
 *
 * @typedef {object} Held
 * @property {Map<string, import("./series.js").Point[]>} means per sensor, up to `edge`
 * @property {number} edge seconds since the epoch
 * @property {number} askedAt seconds since the epoch
 * @property {number} rest seconds until it may be asked for again
 * @property {boolean} asking
 * @property {boolean} outdated
 */

/** What the gateway calls a step. @type {Record<300 | 3600 | 86400, "5min" | "hourly" | "daily">} */
const STEPS = { 300: "5min", 3600: "hourly", 86400: "daily" };

export class Past {
  #api;
  #store;
  #changed;
  /** @type {Map<string, Held>} */ #held = new Map();

  /**
   * @param {object} options
   * @param {Pick<import("../transport/api.js").Api, "history">} options.api
   * @param {import("./store.js").Store} options.store where the points of short ranges go
   * @param {() => void} options.changed there is more to show
   */
  constructor({ api, store, changed }) {
    this.#api = api;
    this.#store = store;
    this.#changed = changed;
  }

  /**
   * @param {Room} room
   * @param {Range} range
   * @param {[number, number]} window what is shown, seconds since the epoch
   * @param {number} now
   * @returns {Map<string, import("./series.js").Series>} as much as is here, per sensor
   */
  sensors(room, { seconds, steps }, window, now) {
    const key = JSON.stringify([roomKey(room), seconds]);
    const held = this.#held.get(key) ?? this.#hold(key);
    const wait = held.outdated ? held.rest : steps.length ? MEANS_LAST : Infinity;
    if (!held.asking && now >= held.askedAt + wait) this.#ask(key, room, steps, window, now);
    const finest = steps.at(-1);
    return finest === undefined ? room.sensors : joined(held.means, room.sensors, held.edge, finest);
  }

  /** Something came that belongs to the past: what was answered is not whole any more. */
  outdate() {
    for (const held of this.#held.values()) held.outdated = true;
  }

  /** What was asked for before is not this reader's. */
  clear() {
    this.#held.clear();
  }

  /** @param {string} key */
  #hold(key) {
    /** @type {Held} */
    const held = { means: new Map(), edge: Infinity, askedAt: -Infinity, rest: REST, asking: false, outdated: true };
    this.#held.set(key, held);
    if (this.#held.size > MAX_HELD) this.#held.delete(/** @type {string} */ (this.#held.keys().next().value));
    return held;
  }

  /** @param {string} key @param {Room} room @param {Range["steps"]} steps @param {[number, number]} window @param {number} now */
  async #ask(key, { enseigne, salle }, steps, [from, end], now) {
    const held = /** @type {Held} */ (this.#held.get(key));
    Object.assign(held, { asking: true, outdated: false, askedAt: now, rest: REST });
    const pieces = piecesOf(steps, from, end);
    const edge = pieces.at(-1)?.to ?? from;
    const place = { enseigne, salle };
    try {
      const [points, ...answers] = await Promise.all([
        this.#api.history({ ...place, start: iso(edge) }),
        ...pieces.map((piece) => this.#api.history({ ...place, start: iso(piece.from), end: iso(piece.to), step: STEPS[piece.step] })),
      ]);
      const records = answers.flat();
      if (held !== this.#held.get(key)) return;
      for (const record of points) this.#store.apply(record);
      held.means = new Map([...Map.groupBy(records, ({ sensor_id }) => String(sensor_id ?? ""))]
        .map(([sensor, members]) => [sensor, members.map(pointOf)]));
      held.edge = edge;
    } catch (error) {
      held.outdated = true;
      held.rest = Math.max(REST, /** @type {import("../transport/http.js").ApiError} */ (error).retryAfter ?? 0);
    }
    held.asking = false;
    this.#changed();
  }
}

/** @param {Range["steps"]} steps @param {number} from @param {number} end */
function piecesOf(steps, from, end) {
  let begins = steps.length ? stepOf(from, steps[0]) : from;
  return steps.flatMap((step) => {
    const piece = { step, from: begins, to: stepOf(end, step) };
    begins = piece.to;
    return piece.from < piece.to ? piece : [];
  });
}

/** @param {number} seconds since the epoch */
function iso(seconds) {
  return new Date(seconds * 1000).toISOString();
}

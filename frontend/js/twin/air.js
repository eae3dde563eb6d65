/**
 * The air of rooms as points that drift: the more CO2, the denser the haze; the more fine dust, the more
 * specks; fresh air streams in where a window is open or a fan runs, and drives both away. A picture, no
 * simulation. Pure but for the dice; lengths are pixels, times seconds.
 */

/** Of all rooms together; each has its part by its area. */
export const MOST_POINTS = 500;
/** For 100 by 100 pixels of air that is as bad as it gets here. */
const HAZE = 2.6;
const SPECKS = 8;
/** ppm: outdoors, and where haze is densest. µg/m³: where specks are. The last points but one of their scales. */
const CO2 = { least: 420, most: 1500 };
const PM25 = { least: 0, most: 37.5 };

const FADE = 1.5;
const DRIFT = 7;
const STREAM = { speed: 46, life: 2.6, perSecond: 7, reach: 80 };

/**
 * @typedef {{x: number, y: number, dx: number, dy: number, strength: number}} Source `dx`, `dy`: where to; both 0: all around
 * @typedef {{x: number, y: number, width: number, height: number, haze: number, specks: number, sources: Source[]}} Air
 *   one room's, with how many points there are to be
 * @typedef {object} Point
 * @property {"haze" | "speck" | "fresh"} kind
 * @property {number} x
 * @property {number} y
 * @property {number} vx pixels a second
 * @property {number} vy
 * @property {number} seed 0 to 1, its own
 * @property {number} shown 0 to 1
 * @property {number} age of what is fresh
 */

/**
 * @param {number} area square pixels
 * @param {number | null} co2 ppm
 * @param {number | null} pm25 µg/m³
 * @returns {{haze: number, specks: number}} points; none of what is not known
 */
export function density(area, co2, pm25) {
  const share = (/** @type {number | null} */ value, /** @type {{least: number, most: number}} */ { least, most }) =>
    value === null ? 0 : Math.max(0, Math.min(1, (value - least) / (most - least)));
  return {
    haze: Math.round((area / 1e4) * HAZE * share(co2, CO2)),
    specks: Math.round((area / 1e4) * SPECKS * share(pm25, PM25)),
  };
}

export class Drift {
  /** @type {Map<string, {air: Air, points: Point[]}>} */ #rooms = new Map();
  #random;
  #time = 0;

  /** @param {() => number} [random] 0 to 1 */
  constructor(random = Math.random) {
    this.#random = random;
  }

  /** Whether anything is quick. */
  get streaming() {
    return [...this.#rooms.values()].some(({ air }) => air.sources.length > 0);
  }

  /** What there is to be from now on; it comes and goes softly. @param {Map<string, Air>} airs by room */
  set(airs) {
    const all = [...airs.values()].reduce((sum, { haze, specks }) => sum + haze + specks, 0);
    const part = Math.min(1, MOST_POINTS / Math.max(1, all));
    for (const salle of this.#rooms.keys()) if (!airs.has(salle)) this.#rooms.delete(salle);
    for (const [salle, air] of airs) {
      const before = this.#rooms.get(salle);
      const points = before && sameArea(before.air, air) ? before.points : [];
      this.#rooms.set(salle, { air: { ...air, haze: Math.floor(air.haze * part), specks: Math.floor(air.specks * part) }, points });
    }
  }

  /** @param {number} dt */
  step(dt) {
    this.#time += dt;
    for (const room of this.#rooms.values()) {
      this.#balance(room, "haze", room.air.haze, dt);
      this.#balance(room, "speck", room.air.specks, dt);
      this.#blow(room, dt);
      for (const point of room.points) this.#move(room.air, point, dt);
      room.points = room.points.filter(({ kind, shown, age }) => (kind === "fresh" ? age < STREAM.life : shown > 0));
    }
  }

  /** Everything there at once, for a picture that stands still. */
  settle() {
    for (let i = 0; i < 3; i += 1) this.step(FADE);
    for (const room of this.#rooms.values()) room.points = room.points.filter(({ kind }) => kind !== "fresh");
  }

  /** @param {string} salle @returns {Point[]} */
  pointsOf(salle) {
    return this.#rooms.get(salle)?.points ?? [];
  }

  /**
   * @param {{air: Air, points: Point[]}} room
   * @param {"haze" | "speck"} kind
   * @param {number} wanted
   * @param {number} dt
   */
  #balance({ air, points }, kind, wanted, dt) {
    const own = points.filter((point) => point.kind === kind);
    for (let i = own.length; i < wanted; i += 1) {
      const point = this.#point(kind, air.x + this.#random() * air.width, air.y + this.#random() * air.height);
      points.push(point);
      own.push(point);
    }
    own.forEach((point, i) => (point.shown = clamp(point.shown + (i < wanted ? dt : -dt) / FADE, 0, 1)));
  }

  /** @param {{air: Air, points: Point[]}} room @param {number} dt */
  #blow({ air, points }, dt) {
    for (const { x, y, dx, dy, strength } of air.sources) {
      if (this.#random() >= STREAM.perSecond * strength * dt) continue;
      const spread = dx || dy ? Math.atan2(dy, dx) + (this.#random() - 0.5) * 1.7 : this.#random() * 2 * Math.PI;
      const speed = STREAM.speed * (0.6 + 0.6 * this.#random());
      const point = this.#point("fresh", x, y);
      points.push({ ...point, vx: Math.cos(spread) * speed, vy: Math.sin(spread) * speed, shown: 1 });
    }
  }

  /** @param {Point["kind"]} kind @param {number} x @param {number} y @returns {Point} */
  #point(kind, x, y) {
    return { kind, x, y, vx: 0, vy: 0, seed: this.#random(), shown: 0, age: 0 };
  }

  /** @param {Air} air @param {Point} point @param {number} dt */
  #move(air, point, dt) {
    if (point.kind === "fresh") point.age += dt;
    else [point.vx, point.vy] = this.#wind(air, point);
    point.x = clamp(point.x + point.vx * dt, air.x, air.x + air.width);
    point.y = clamp(point.y + point.vy * dt, air.y, air.y + air.height);
  }

  /** Slow eddies, and away from what streams in. @param {Air} air @param {Point} point @returns {[number, number]} */
  #wind({ x, y, width, height, sources }, point) {
    const turn = point.seed * 2 * Math.PI;
    const [across, down] = [(point.x - x) / width, (point.y - y) / height];
    const stir = DRIFT * (0.5 + point.seed) * (1 + sources.reduce((sum, { strength }) => sum + strength, 0));
    let vx = stir * Math.sin(2 * Math.PI * down + this.#time * 0.21 + turn) + stir * (0.5 - across);
    let vy = stir * Math.cos(2 * Math.PI * across - this.#time * 0.17 + turn) + stir * (0.5 - down);
    for (const source of sources) {
      const [dx, dy] = [point.x - source.x, point.y - source.y];
      const away = Math.hypot(dx, dy) || 1;
      const push = STREAM.speed * source.strength * Math.exp(-away / STREAM.reach);
      vx += (push * dx) / away;
      vy += (push * dy) / away;
    }
    return [vx, vy];
  }
}

/** How much of what is fresh is to be seen. @param {Point} point @returns {number} 0 to 1 */
export function freshness({ age }) {
  return Math.sin((Math.PI * Math.min(age, STREAM.life)) / STREAM.life);
}

/** @param {Air} a @param {Air} b */
function sameArea(a, b) {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

/** @param {number} value @param {number} least @param {number} most */
function clamp(value, least, most) {
  return Math.max(least, Math.min(most, value));
}

/** Draws the air below a plan; not while nobody sees it, and without motion for who wants none. */

import { h } from "../page/dom.js";
import { Drift, freshness } from "./air.js";

const STILL = matchMedia("(prefers-reduced-motion: reduce)");
/** Milliseconds from one picture to the next, where air streams in and where it only drifts: slow things need no more. */
const REST_MS = { streaming: 100, drifting: 250 };
/** Pixels of the picture for one of the page: soft things need no more. */
const FINENESS = 0.5;
/** A page that was hidden goes on where it was. */
const LONGEST_STEP = 0.25;
const RECOLOUR_MS = 1000;
/** Pixels. */
const PUFF = 72;
const SPECK = 1.7;
/** Of an open window's or a fan's air, as seconds of its way. */
const TRAIL = 0.22;

/** @typedef {{x: number, y: number, width: number, height: number}} Area pixels of the drawing */

export class AirView {
  #drift = new Drift();
  /** @type {Map<string, {node: Element, area: Area}>} */ #rooms = new Map();
  /** Of each room. @type {Map<string, HTMLCanvasElement>} */ #puffs = new Map();
  #ink = "";
  #accent = "";
  #colouredAt = -Infinity;
  #drawnAt = 0;
  /** What the picture shows that stands still. */
  #still = "";
  #timer = 0;
  #frame = 0;
  #origin = { x: 0, y: 0 };
  node = h("canvas", { class: "plan__air", "aria-hidden": "true" });
  #context = /** @type {CanvasRenderingContext2D} */ (this.node.getContext("2d"));
  #seen = new IntersectionObserver(([{ isIntersecting }]) => (isIntersecting ? this.#run() : this.#rest()));
  #moved = () => (STILL.matches ? this.#rest() : this.#run());

  constructor() {
    this.#seen.observe(this.node);
    STILL.addEventListener("change", this.#moved);
  }

  /**
   * @param {Area} area what the drawing shows
   * @param {Map<string, {node: Element, area: Area}>} rooms `node` is in the colour of its air
   */
  fit({ x, y, width, height }, rooms) {
    this.#origin = { x, y };
    this.#rooms = rooms;
    this.#colouredAt = -Infinity;
    this.#still = "";
    Object.assign(this.node, { width: Math.round(width * FINENESS), height: Math.round(height * FINENESS) });
  }

  /** @param {Map<string, import("./air.js").Air>} airs by room */
  set(airs) {
    this.#drift.set(airs);
    const still = STILL.matches ? JSON.stringify([...airs]) : "";
    if (still === this.#still) return;
    this.#still = still;
    if (!still) return;
    this.#drift.settle();
    this.#paint(performance.now());
  }

  destroy() {
    this.#rest();
    this.#seen.disconnect();
    STILL.removeEventListener("change", this.#moved);
  }

  #run() {
    if (!STILL.matches) this.#timer ||= setTimeout(() => this.#await(), this.#drift.streaming ? REST_MS.streaming : REST_MS.drifting);
  }

  /** A page that is hidden has no frames, so it does nothing. */
  #await() {
    this.#frame = requestAnimationFrame((now) => {
      this.#timer = 0;
      this.#run();
      this.#drift.step(Math.min((now - this.#drawnAt) / 1000, LONGEST_STEP));
      this.#drawnAt = now;
      this.#paint(now);
    });
  }

  #rest() {
    clearTimeout(this.#timer);
    cancelAnimationFrame(this.#frame);
    this.#timer = 0;
  }

  /** @param {number} now milliseconds */
  #paint(now) {
    if (now - this.#colouredAt > RECOLOUR_MS) this.#recolour(now);
    const context = this.#context;
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.node.width, this.node.height);
    context.setTransform(FINENESS, 0, 0, FINENESS, -this.#origin.x * FINENESS, -this.#origin.y * FINENESS);
    for (const [salle, { area }] of this.#rooms) this.#paintRoom(this.#drift.pointsOf(salle), this.#puffs.get(salle), area);
    context.globalAlpha = 1;
  }

  /** @param {import("./air.js").Point[]} points @param {HTMLCanvasElement | undefined} puff @param {Area} area */
  #paintRoom(points, puff, { x: left, y: top, width, height }) {
    const context = this.#context;
    if (points.length === 0 || !puff) return;
    context.save();
    context.beginPath();
    context.rect(left, top, width, height);
    context.clip();
    context.fillStyle = this.#ink;
    context.strokeStyle = this.#accent;
    context.lineWidth = 1.6;
    context.lineCap = "round";
    for (const point of points) {
      const { kind, x, y, vx, vy, shown, seed } = point;
      context.globalAlpha = kind === "haze" ? shown * 0.15 : kind === "speck" ? shown * 0.62 : freshness(point) * 0.75;
      context.beginPath();
      if (kind === "haze") {
        const radius = PUFF * (0.75 + seed * 0.7);
        context.drawImage(puff, x - radius, y - radius, 2 * radius, 2 * radius);
      } else if (kind === "speck") {
        context.arc(x, y, SPECK * (0.6 + seed * 0.7), 0, 7);
        context.fill();
      } else {
        context.moveTo(x, y);
        context.lineTo(x - vx * TRAIL, y - vy * TRAIL);
        context.stroke();
      }
    }
    context.restore();
  }

  /** The theme may have changed, or a level. @param {number} now milliseconds */
  #recolour(now) {
    this.#colouredAt = now;
    this.#ink = getComputedStyle(this.node).color;
    this.#accent = getComputedStyle(this.node).outlineColor;
    /** @type {Map<string, HTMLCanvasElement>} */ const made = new Map();
    for (const [salle, { node }] of this.#rooms) {
      const colour = getComputedStyle(node).color;
      const puff = made.get(colour) ?? softDisc(colour);
      made.set(colour, puff);
      this.#puffs.set(salle, puff);
    }
  }
}

/** Of one colour throughout, only less and less of it. @param {string} colour @returns {HTMLCanvasElement} */
function softDisc(colour) {
  const disc = h("canvas", { width: 2 * PUFF, height: 2 * PUFF });
  const context = /** @type {CanvasRenderingContext2D} */ (disc.getContext("2d"));
  const fade = context.createRadialGradient(PUFF, PUFF, 0, PUFF, PUFF, PUFF);
  for (const [at, left] of [[0, 1], [0.35, 0.68], [0.7, 0.2], [1, 0]]) fade.addColorStop(at, `rgb(0 0 0 / ${left})`);
  context.fillStyle = fade;
  context.fillRect(0, 0, 2 * PUFF, 2 * PUFF);
  context.globalCompositeOperation = "source-in";
  context.fillStyle = colour;
  context.fillRect(0, 0, 2 * PUFF, 2 * PUFF);
  return disc;
}

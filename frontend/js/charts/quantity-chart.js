/** One quantity of one room over time: a line per sensor, thresholds behind it, a shared cursor. */

import * as vendored from "../../vendor/uplot/uPlot.esm.js";
import { h, setText } from "../page/dom.js";
import { bands } from "../iaq/quantities.js";
import { verticalRange, withGaps } from "./chart-data.js";
import { colours } from "./palette.js";

/** Untyped: the vendored file comes without declarations. @type {any} */
const uPlot = vendored.default;

const INKS = ["--accent", "--series-2", "--series-3", "--series-4"];
const LEVELS = ["--level-moderate", "--level-poor", "--level-very_poor"];
const HEIGHT = 168;
const DAY = 86_400;
const AXIS_FONT = "12px ui-sans-serif, system-ui, sans-serif";

export class QuantityChart {
  #quantity;
  #language;
  #value = h("span", { class: "chart__number" });
  #moment = h("span", { class: "chart__moment" });
  #plot = h("div", { class: "chart__plot", role: "img" });
  /** @type {any} */ #uplot = null;
  #sensors = "";
  /** @type {[number, number]} */ #window = [0, 1];
  /** Somebody zoomed: the window stays until a double click. */
  #zoomed = false;
  #observer = new ResizeObserver(() => this.#uplot?.setSize(this.#size()));
  node;

  /**
   * @param {import("../iaq/quantities.js").Quantity} quantity
   * @param {import("../i18n/language.js").Language} language
   */
  constructor(quantity, language) {
    this.#quantity = quantity;
    this.#language = language;
    const { name } = quantity;
    this.node = h("figure", { class: "chart" },
      h("figcaption", { class: "chart__head" },
        h("span", { class: "chart__name", title: language.t(`quantity.${name}.long`) }, language.t(`quantity.${name}`)),
        this.#moment,
        h("span", { class: "chart__value" }, this.#value, " ", h("span", { class: "chart__unit" }, language.t(`unit.${name}`)))),
      this.#plot);
    this.#observer.observe(this.#plot);
  }

  /**
   * @param {Map<string, import("../live/series.js").Series>} sensors
   * @param {[number, number]} window what to show, seconds since the epoch
   */
  update(sensors, window) {
    const names = JSON.stringify([...sensors.keys()]);
    if (names !== this.#sensors) this.#build([...sensors.keys()]);
    this.#sensors = names;
    if (window[1] - window[0] !== this.#window[1] - this.#window[0]) this.#zoomed = false;
    this.#window = window;
    const tables = [...sensors.values()].map((series) => withGaps(series, this.#quantity.name, this.#window[0]));
    const data = tables.length === 1 ? tables[0] : tables.length ? uPlot.join(tables) : [[], []];
    this.#uplot.setData(data, !this.#zoomed);
    this.#describe(data.slice(1).flat());
  }

  destroy() {
    this.#observer.disconnect();
    this.#uplot?.destroy();
  }

  /** @param {string[]} sensors */
  #build(sensors) {
    this.#uplot?.destroy();
    this.#zoomed = false;
    const palette = colours([...INKS, ...LEVELS, "--ink-3", "--line"]);
    const axis = {
      stroke: palette["--ink-3"], font: AXIS_FONT,
      grid: { stroke: palette["--line"], width: 1 }, ticks: { show: false },
    };
    const lines = (sensors.length ? sensors : [""]).map((label, i) => ({
      label, stroke: palette[INKS[i % INKS.length]], width: 2, points: { show: false },
    }));
    this.#uplot = new uPlot({
      ...this.#size(),
      legend: { show: false },
      padding: [10, 20, 0, 0],
      cursor: { sync: { key: "room", setSeries: false }, y: false, points: { size: 9 }, drag: { x: true, y: false } },
      scales: {
        x: { time: true, range: (/** @type {any} */ _, /** @type {number} */ from, /** @type {number} */ to) => (this.#zoomed ? [from, to] : this.#window) },
        y: { range: (/** @type {any} */ _, /** @type {number} */ least, /** @type {number} */ most) => (least === null ? [0, this.#quantity.span] : verticalRange(least, most, this.#quantity.span)) },
      },
      axes: [
        { ...axis, grid: { show: false }, size: 30, space: 70, values: (/** @type {any} */ _, /** @type {number[]} */ at) => this.#times(at) },
        { ...axis, size: 48, space: 38, values: (/** @type {any} */ _, /** @type {number[]} */ at) => this.#figures(at) },
      ],
      series: [{}, ...lines],
      hooks: {
        drawClear: [(/** @type {any} */ u) => this.#drawBands(u, palette)],
        setCursor: [(/** @type {any} */ u) => this.#showAt(u)],
        setSelect: [(/** @type {any} */ u) => { this.#zoomed = u.select.width > 0; }],
      },
    }, [[], ...lines.map(() => [])], this.#plot);
    // Before uPlot's own listener, which then lets the scale find its range again.
    this.#uplot.over.addEventListener("dblclick", () => { this.#zoomed = false; }, true);
  }

  #size() {
    return { width: Math.max(160, this.#plot.clientWidth), height: HEIGHT };
  }

  /** @param {any} u @param {Record<string, string>} palette */
  #drawBands(u, palette) {
    const { ctx, bbox } = u;
    const clamp = (/** @type {number} */ y) => Math.min(bbox.top + bbox.height, Math.max(bbox.top, y));
    const line = (/** @type {number} */ y) => {
      if (y > bbox.top && y < bbox.top + bbox.height) ctx.fillRect(bbox.left, Math.round(y), bbox.width, 1);
    };
    ctx.save();
    for (const { from, to, level } of bands(this.#quantity)) {
      const top = to === Infinity ? bbox.top : clamp(u.valToPos(to, "y", true));
      const bottom = from === -Infinity ? bbox.top + bbox.height : clamp(u.valToPos(from, "y", true));
      ctx.fillStyle = palette[`--level-${level}`];
      ctx.globalAlpha = 0.1;
      ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
      ctx.globalAlpha = 0.45;
      line(top);
      line(bottom);
    }
    ctx.restore();
  }

  /** @param {any} u */
  #showAt(u) {
    const index = u.cursor.idx;
    const at = index === null || index === undefined ? null : u.data[0][index];
    const shown = at ?? null;
    setText(this.#moment, shown === null ? "" : this.#days ? this.#language.moment(shown) : this.#language.clock(shown));
    const column = u.data.slice(1).map((/** @type {(number | null)[]} */ values) => (shown === null ? last(values) : values[index]));
    const value = column.find((/** @type {number | null} */ one) => typeof one === "number") ?? null;
    setText(this.#value, value === null ? "–" : this.#language.number(value, this.#quantity.digits));
  }

  /** @param {(number | null | undefined)[]} values */
  #describe(values) {
    this.#showAt(this.#uplot);
    const known = values.filter((value) => typeof value === "number");
    const { name, digits } = this.#quantity;
    const figure = (/** @type {number} */ value) => this.#language.number(value, digits);
    const words = known.length === 0 ? `${this.#language.t(`quantity.${name}.long`)}. ${this.#language.t("charts.empty")}` : this.#language.t("charts.describe", {
      quantity: this.#language.t(`quantity.${name}.long`),
      value: figure(known[known.length - 1]), unit: this.#language.t(`unit.${name}`),
      least: figure(Math.min(...known)), most: figure(Math.max(...known)), count: known.length,
    });
    this.#plot.setAttribute("aria-label", words);
  }

  /** @param {number[]} at */
  #times(at) {
    const span = at[at.length - 1] - at[0];
    const { clock, hourAndMinute, day, date, month } = this.#language;
    const words = span < 300 ? clock : span < DAY ? hourAndMinute : span < 8 * DAY ? day : span < 120 * DAY ? date : month;
    return at.map((time) => words.call(this.#language, time));
  }

  /** Whether a time of day is not enough to tell points apart. */
  get #days() {
    return this.#window[1] - this.#window[0] >= DAY;
  }

  /** @param {number[]} values */
  #figures(values) {
    const step = Math.abs((values[1] ?? 1) - (values[0] ?? 0));
    const digits = [0, 1].find((places) => Number.isInteger(Math.round(step * 1000) / 1000 * 10 ** places)) ?? 2;
    return values.map((value) => this.#language.number(value, digits));
  }
}

/** @param {(number | null | undefined)[]} values */
function last(values) {
  return values.findLast((value) => typeof value === "number") ?? null;
}

/** What the charts show, for those who read rather than look; built only while it is open. */

import { h } from "../page/dom.js";
import { QUANTITIES } from "../iaq/quantities.js";

const ROWS = 60;

export class MeasurementTable {
  #language;
  #body = h("tbody");
  /** @type {Map<string, import("../live/series.js").Series>} */ #sensors = new Map();
  node;

  /** @param {import("../i18n/language.js").Language} language */
  constructor(language) {
    this.#language = language;
    const head = (/** @type {string} */ words) => h("th", { scope: "col" }, words);
    this.node = h("details", { class: "table", ontoggle: () => this.#draw() },
      h("summary", {}, language.t("charts.table")),
      h("div", { class: "table__scroll", tabindex: 0, role: "region", "aria-label": language.t("charts.table") },
        h("table", {},
          h("thead", {}, h("tr", {},
            head(language.t("charts.time")),
            head(language.t("charts.sensor")),
            ...QUANTITIES.map(({ name }) => head(`${language.t(`quantity.${name}`)} (${language.t(`unit.${name}`)})`)),
            head(language.t("charts.score")))),
          this.#body)));
  }

  /** @param {Map<string, import("../live/series.js").Series>} sensors */
  update(sensors) {
    this.#sensors = sensors;
    this.#draw();
  }

  #draw() {
    if (!this.node.open) return;
    const rows = [...this.#sensors].flatMap(([sensor, series]) => {
      const count = series.times.length;
      return Array.from({ length: Math.min(ROWS, count) }, (_, i) => ({ sensor, ...series.at(count - 1 - i) }));
    });
    rows.sort((a, b) => b.at - a.at);
    this.#body.replaceChildren(...rows.slice(0, ROWS).map((row) => this.#row(row)));
  }

  /** @param {import("../live/series.js").Point & {sensor: string}} point */
  #row({ at, sensor, values, score }) {
    const figure = (/** @type {number | null} */ value, /** @type {number} */ digits) =>
      h("td", {}, value === null ? "–" : this.#language.number(value, digits));
    return h("tr", {},
      h("th", { scope: "row" }, this.#language.moment(at)),
      h("td", { class: "table__sensor" }, sensor),
      ...QUANTITIES.map(({ name, digits }) => figure(values[name], digits)),
      figure(score, 0));
  }
}

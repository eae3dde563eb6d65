/**
 * The five quantities of the page: unit, digits, and where each level begins. The points are those of
 * `app/iaq/thresholds.py` (a test compares them): `[value, score]`, rising.
 *
 * @typedef {object} Quantity
 * @property {string} name key inside `values`
 * @property {string} flat the flat member of the same value
 * @property {number} digits after the decimal sign
 * @property {number} span the least height of a chart, so that noise does not look like news
 * @property {[number, number][]} points
 */

/** @type {Quantity[]} */
export const QUANTITIES = [
  {
    name: "CO2", flat: "co2", digits: 0, span: 300,
    points: [[400, 100], [800, 70], [1200, 50], [1500, 30], [5000, 0]],
  },
  {
    name: "PM25", flat: "pm25", digits: 1, span: 8,
    points: [[0, 100], [5, 90], [15, 70], [25, 50], [37.5, 30], [75, 0]],
  },
  {
    name: "TVOC", flat: "tvoc", digits: 2, span: 0.3,
    points: [[0, 100], [0.3, 90], [1, 70], [3, 50], [10, 30], [25, 0]],
  },
  {
    name: "Temperature", flat: "temperature", digits: 1, span: 3,
    points: [
      [12, 0], [17, 30], [18, 50], [20, 70], [21, 90], [22, 100],
      [24.5, 100], [25.5, 90], [26, 70], [27, 50], [28, 30], [35, 0],
    ],
  },
  {
    name: "Humidity", flat: "humidity", digits: 0, span: 12,
    points: [
      [0, 0], [20, 50], [25, 70], [30, 90], [40, 100],
      [60, 100], [70, 50], [80, 30], [100, 0],
    ],
  },
];

/** The least score of each level, best first; as `LEVELS` in `app/iaq/score.py`. */
/** @type {[number, string][]} */
export const LEVELS = [[90, "excellent"], [70, "good"], [50, "moderate"], [30, "poor"], [0, "very_poor"]];

/** The least score of what is good. */
const GOOD = 70;

/** @param {number} score 0 to 100 @returns {string} */
export function levelOf(score) {
  return LEVELS.find(([least]) => score >= least)?.[1] ?? "very_poor";
}

/** @param {Quantity} quantity @param {number} value @returns {number} 0 to 100 */
export function subScore({ points }, value) {
  const next = points.findIndex(([at]) => at > value);
  if (next === 0) return points[0][1];
  if (next < 0) return points[points.length - 1][1];
  const [[x0, y0], [x1, y1]] = [points[next - 1], points[next]];
  return y0 + ((y1 - y0) * (value - x0)) / (x1 - x0);
}

/**
 * The values that are good: where the score is 70 at least.
 * @param {Quantity} quantity
 * @returns {{from: number | null, to: number}} `from` null: there is no too little
 */
export function target({ points }) {
  const rising = points.findIndex(([, score]) => score >= GOOD);
  const falling = points.findLastIndex(([, score]) => score >= GOOD);
  const meets = (/** @type {number} */ i) => {
    const [[x0, y0], [x1, y1]] = [points[i], points[i + 1]];
    return x0 + ((x1 - x0) * (GOOD - y0)) / (y1 - y0);
  };
  return { from: rising === 0 ? null : meets(rising - 1), to: meets(falling) };
}

/**
 * The ranges of values below `good`, for a chart's background.
 * @param {Quantity} quantity
 * @returns {{from: number, to: number, level: string}[]} outermost ones reach to infinity
 */
export function bands({ points }) {
  /** @type {{from: number, to: number, level: string}[]} */ const ranges = [];
  for (let i = 1; i < points.length; i += 1) {
    const [[x0, y0], [x1, y1]] = [points[i - 1], points[i]];
    const level = levelOf(Math.min(y0, y1));
    const last = ranges[ranges.length - 1];
    if (last?.level === level) last.to = x1;
    else ranges.push({ from: x0, to: x1, level });
  }
  if (points[0][1] < 70) ranges[0].from = -Infinity;
  ranges[ranges.length - 1].to = Infinity;
  return ranges.filter(({ level }) => level !== "excellent" && level !== "good");
}

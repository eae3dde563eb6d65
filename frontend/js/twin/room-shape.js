/** One room on the plan: floor in the colour of its air, walls, a window, a door, its modules. */

import { setAttributes, setText, svg } from "../page/dom.js";
import { moduleWords } from "../events/event-words.js";
import { levelWords } from "../rooms/room-card.js";
import { icon } from "../shell/icons.js";

const DOOR = 38;
const WINDOW = 84;
const CHIP = 30;
/** Modules drawn in a room; all of them stand in the panel beside the plan. */
const CHIPS = 5;
/** States in which a module is doing something or lets air through. */
const ACTIVE = new Set(["on", "open", "boost", "auto", "online"]);

export class RoomShape {
  #language;
  #name;
  #score;
  #level;
  #co2;
  #modules = svg("g", {});
  #drawnModules = "";
  #place;
  node;

  /**
   * @param {object} options
   * @param {import("../i18n/language.js").Language} options.language
   * @param {string} options.name
   * @param {import("./layout.js").Place} options.place
   * @param {() => void} options.onChoose
   */
  constructor({ language, name, place, onChoose }) {
    const { x, y, width, height } = place;
    this.#language = language;
    this.#place = place;
    this.#name = name;
    this.#score = svg("text", { class: "plan__score", x: x + 20, y: y + 98 });
    this.#level = svg("text", { class: "plan__level", x: x + 20, y: y + 122 });
    this.#co2 = svg("text", { class: "plan__co2", x: x + width - 20, y: y + 98, "text-anchor": "end" });
    this.node = svg("g", {
      class: "plan__room", role: "button", tabindex: 0,
      onclick: onChoose,
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        onChoose();
      },
    },
    svg("rect", { class: "plan__floor", x, y, width, height }),
    svg("path", { class: "plan__wall", d: walls(place) }),
    svg("path", { class: "plan__glass", d: glass(place) }),
    svg("path", { class: "plan__opening", d: openings(place) }),
    svg("text", { class: "plan__name", x: x + 20, y: y + 40 }, name),
    this.#score, this.#level, this.#co2, this.#modules,
    svg("rect", { class: "plan__focus", x: x + 7, y: y + 7, width: width - 14, height: height - 14, rx: 6 }));
  }

  /**
   * @param {import("../rooms/room-state.js").RoomState} state
   * @param {import("../live/store.js").Message[]} modules
   * @param {boolean} chosen
   */
  update(state, modules, chosen) {
    const language = this.#language;
    const { CO2 } = state.quantities;
    const level = levelWords(language, state);
    const co2 = CO2 ? `${language.t("quantity.CO2")} ${language.number(CO2.value, 0)} ${language.t("unit.CO2")}` : "";
    const score = state.score === null ? "" : language.t("room.score", { score: state.score });
    setText(this.#score, state.score === null ? "–" : String(state.score));
    setText(this.#level, level);
    setText(this.#co2, co2);
    setAttributes(this.node, {
      "data-level": state.stale ? "stale" : state.level ?? "stale",
      "aria-pressed": String(chosen),
      "aria-label": [this.#name, level, score, co2].filter(Boolean).join(", "),
    });
    this.#showModules(modules);
  }

  /** @param {import("../live/store.js").Message[]} modules */
  #showModules(modules) {
    const drawn = JSON.stringify(modules.map(({ module_id, kind, state }) => [module_id, kind, state]));
    if (drawn === this.#drawnModules) return;
    this.#drawnModules = drawn;
    const { x, y } = this.#place;
    this.#modules.replaceChildren(...modules.slice(0, CHIPS).map((module, i) => {
      const { kind, state } = module;
      const picture = icon(String(kind));
      const [left, top] = [x + 20 + i * (CHIP + 8), y + 142];
      setAttributes(picture, { x: left + 6, y: top + 6, width: CHIP - 12, height: CHIP - 12 });
      return svg("g", { class: "plan__module", "data-active": ACTIVE.has(String(state)) },
        svg("title", {}, moduleWords(this.#language, module)),
        svg("rect", { x: left, y: top, width: CHIP, height: CHIP, rx: 8 }),
        picture);
    }));
  }
}

/** @param {import("./layout.js").Place} place @returns {string} all around but for the door */
function walls({ x, y, width, height, door }) {
  const [right, bottom] = [x + width, y + height];
  const [from, to] = [x + width * 0.7, x + width * 0.7 + DOOR];
  return door === "bottom"
    ? `M${from} ${bottom}H${x}V${y}H${right}V${bottom}H${to}`
    : `M${from} ${y}H${x}V${bottom}H${right}V${y}H${to}`;
}

/** @param {import("./layout.js").Place} place @returns {string} the door's swing and the window's frame */
function openings(place) {
  const { x, y, width, height, door } = place;
  const hinge = x + width * 0.7;
  const [edge, into, sweep] = door === "bottom" ? [y + height, -DOOR, 1] : [y, DOOR, 0];
  const swing = `M${hinge} ${edge}v${into}A${DOOR} ${DOOR} 0 0 ${sweep} ${hinge + DOOR} ${edge}`;
  if (!place.outside) return swing;
  const { left, at } = windowOf(place);
  return `${swing}M${left} ${at - 2.5}h${WINDOW}v5h${-WINDOW}zM${left} ${at}h${WINDOW}`;
}

/** @param {import("./layout.js").Place} place @returns {string} the wall's gap behind the window */
function glass(place) {
  const { left, at } = windowOf(place);
  return place.outside ? `M${left} ${at}h${WINDOW}` : "";
}

/** @param {import("./layout.js").Place} place */
function windowOf({ x, y, width, height, door }) {
  return { left: x + (width - WINDOW) / 2, at: door === "bottom" ? y : y + height };
}

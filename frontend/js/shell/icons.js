/** Icons as strokes on a 24 by 24 grid; decoration only, the words stand beside them. */

import { svg } from "../page/dom.js";

/** @type {Record<string, string>} */
const PATHS = {
  alert: "M12 4 21 19.5H3ZM12 10v4.5M12 17v.2",
  resolved: "M4.5 12.5 10 18 20 6.5",
  action: "M13 3 5 14h6l-1 7 8-11h-6z",
  prediction: "M4 18 9.5 12l4 3.5L20 8M15 8h5v5",
  module: "M4 7h9M17 7h3M4 17h3M11 17h9M15 4.5v5M9 14.5v5",
  window: "M5 4h14v16H5zM12 4v16M5 12h14",
  door: "M7 20V4h10v16M4 20h16M13.5 12v.2",
  ventilation: "M12 12c0-5 1-8 4-8s3 6-4 8c5 0 8 1 8 4s-6 3-8-4c0 5-1 8-4 8s-3-6 4-8c-5 0-8-1-8-4s6-3 8 4",
  purifier: "M7 3h10v18H7zM10 7h4M10 10h4M12 16.5v.2",
  radiator: "M5 7v10M9.5 7v10M14 7v10M18.5 7v10M3 9h18M3 15h18",
  sensor: "M12 13v-2M8.5 15.5a5 5 0 0 1 0-7M15.5 8.5a5 5 0 0 1 0 7M5.7 18.3a9 9 0 0 1 0-12.6M18.3 5.7a9 9 0 0 1 0 12.6",
  rising: "M5 17 17 7M9 7h8v8",
  falling: "M5 7l12 10M9 17h8V9",
  steady: "M4 12h15M14 7l5 5-5 5",
  bell: "M6 16V11a6 6 0 0 1 12 0v5l1.5 2h-15ZM10 20.5h4",
  bellOff: "M6 16V11a6 6 0 0 1 9.5-4.9M18 11v5l1.5 2H8M10 20.5h4M4 4l16 16",
  auto: "M12 3a9 9 0 0 0 0 18ZM12 3a9 9 0 0 1 0 18",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8M12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M5.3 18.7l1.4-1.4M17.3 6.7l1.4-1.4",
  dark: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z",
  draw: "M4 20l1-4L16 5l3 3L8 19ZM14 7l3 3",
  room: "M4 5h16v14H4zM4 12h7M13 19v-4",
  undo: "M8 5 4 9l4 4M4 9h9a6 6 0 0 1 0 12H9",
  remove: "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13M10 11v5M14 11v5",
  everywhere: "M3 5h12v9H3zM6 18h6M9 14v4M18 9h3v11h-6v-3M17 20v-.2",
  signOut: "M10 4H5v16h5M14 8l4 4-4 4M18 12H9",
};

/** @param {string} name @returns {SVGSVGElement} an unknown name gives the module's icon */
export function icon(name) {
  const d = Object.hasOwn(PATHS, name) ? PATHS[name] : PATHS.module;
  return svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d }));
}

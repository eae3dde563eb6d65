/** The pages: where each stands, and what fills its `<main>`, loaded when somebody goes there. */

/**
 * @typedef {object} Context what every page gets
 * @property {import("./i18n/language.js").Language} language
 * @property {import("./live/live.js").Live} live
 * @property {import("./rooms/choice.js").Choice} choice the room that is shown, kept from page to page
 *
 * @typedef {(main: HTMLElement, context: Context) => {unmount: () => void}} Mount
 */

/** @type {Record<string, {path: string, load: () => Promise<Mount>}>} */
export const PAGES = {
  dashboard: {
    path: "index.html",
    load: async () => (await import("./dashboard/page.js")).mountDashboard,
  },
  twin: {
    path: "digital-twin.html",
    load: async () => (await import("./twin/page.js")).mountTwin,
  },
  wall: {
    path: "wall.html",
    load: async () => (await import("./wall/page.js")).mountWall,
  },
};

/** @param {string} path of an address @returns {string} the page's name */
export function pageAt(path) {
  return Object.keys(PAGES).find((name) => path.endsWith(PAGES[name].path)) ?? "dashboard";
}

/** The pages: where each stands, and what fills its `<main>`, loaded when somebody goes there. */

/**
 * @typedef {object} Context what every page gets
 * @property {import("./i18n/language.js").Language} language
 * @property {import("./live/live.js").Live} live
 * @property {import("./rooms/choice.js").Choice} choice the room that is shown, kept from page to page
 * @property {import("./transport/http.js").Http} http
 * @property {import("./account/session.js").Session} session
 *
 * @typedef {(main: HTMLElement, context: Context) => {unmount: () => void}} Mount
 */

/** For each role, the first is where its people begin. @type {Record<string, {path: string, roles: string[], load: () => Promise<Mount>}>} */
export const PAGES = {
  dashboard: {
    path: "index.html",
    roles: ["dashboard"],
    load: async () => (await import("./dashboard/page.js")).mountDashboard,
  },
  twin: {
    path: "digital-twin.html",
    roles: ["dashboard"],
    load: async () => (await import("./twin/page.js")).mountTwin,
  },
  wall: {
    path: "wall.html",
    roles: ["dashboard"],
    load: async () => (await import("./wall/page.js")).mountWall,
  },
  alerts: {
    path: "alerts.html",
    roles: ["dashboard"],
    load: async () => (await import("./alerts/page.js")).mountAlerts,
  },
  admin: {
    path: "admin.html",
    roles: ["admin"],
    load: async () => (await import("./admin/page.js")).mountAdmin,
  },
};

/** @param {string} path of an address @returns {string} the page's name */
export function pageAt(path) {
  return Object.keys(PAGES).find((name) => path.endsWith(PAGES[name].path)) ?? "dashboard";
}

/** @param {string} role @returns {string[]} the names of its pages */
export function pagesOf(role) {
  return Object.keys(PAGES).filter((name) => PAGES[name].roles.includes(role));
}

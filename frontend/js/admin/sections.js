/** The sections: what is in each, loaded when somebody goes there. */

/**
 * @typedef {object} Desk what every section gets
 * @property {import("../i18n/language.js").Language} language
 * @property {import("./operator.js").Operator} operator
 * @property {import("../controls/acts.js").Acts} acts
 * @property {boolean} ofPlatform whether the operator is the platform's
 * @property {boolean} ofOneTenant whether one is chosen: devices and services are of one
 * @property {() => void} refresh
 *
 * @typedef {{nodes: Node[], refresh: (signal: AbortSignal) => Promise<void>}} Section
 * @typedef {(desk: Desk) => Section} Build
 */

/** @type {Record<string, () => Promise<Build>>} */
export const SECTIONS = {
  connections: async () => (await import("./connections.js")).connections,
  devices: async () => (await import("./devices.js")).devices,
  people: async () => (await import("./people.js")).people,
  tokens: async () => (await import("./tokens.js")).tokens,
  tenants: async () => (await import("./tenants.js")).tenants,
  audit: async () => (await import("./audit.js")).audit,
  system: async () => (await import("./system.js")).system,
};

/** @param {boolean} ofPlatform @returns {string[]} the names of the operator's sections */
export function sectionsOf(ofPlatform) {
  return Object.keys(SECTIONS).filter((name) => ofPlatform || name !== "tenants");
}

/** What the socket manager needs of a page, so that tests can bring their own. */

/**
 * @typedef {object} Environment
 * @property {typeof WebSocket} WebSocket
 * @property {string} url
 * @property {() => number} now milliseconds
 * @property {import("./heartbeat.js").Timers} timers
 * @property {() => number} random
 * @property {EventTarget & {hidden: boolean}} document
 * @property {EventTarget} window fires `online` and `offline`
 */

/** @returns {Environment} */
export function browserEnvironment() {
  return {
    WebSocket: globalThis.WebSocket,
    url: `wss://${globalThis.location.host}/ws`,
    now: () => Date.now(),
    timers: {
      setTimeout: (run, ms) => globalThis.setTimeout(run, ms),
      clearTimeout: (timer) => globalThis.clearTimeout(timer),
    },
    random: Math.random,
    document: globalThis.document,
    window: globalThis.window,
  };
}

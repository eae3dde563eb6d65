/**
 * Where the charts get their measurements: the WebSocket, and polling whenever it fails.
 *
 * The manager goes on trying while the polling runs; when it is connected again, polling fills the gap
 * and ends. One cursor over both ways lets every point in once (`feed.js`).
 */

import { browserAccount } from "./account/account.js";
import { Api } from "./transport/api.js";
import { Feed } from "./transport/feed.js";
import { Http } from "./transport/http.js";
import { Live } from "./live/live.js";
import { Session } from "./account/session.js";
import { SharedManager } from "./transport/shared-manager.js";
import "./websocket-manager.js";

// Mode WebSocket: si true, utilise WebSocket temps réel au lieu du polling HTTP
const USE_WEBSOCKET = true;  // ← Changer en false pour revenir au polling

/** @type {import("./websocket-manager.js").WebSocketManager} */
const own = /** @type {any} */ (window).wsManager;

export const account = browserAccount();
export const session = new Session();
export const http = new Http({ token: () => session.token, replace: (ended) => session.replace(ended) });
export const api = new Api(http);

session.setRenewal(() => account.renew());
own.setTokenProvider(({ refused }) => (refused === null ? session.need() : session.renew(refused)));
own.setRenewal(() => session.replace(session.token));

const timers = {
  setTimeout: (/** @type {() => void} */ run, /** @type {number} */ ms) => window.setTimeout(run, ms),
  clearTimeout: (/** @type {number} */ timer) => window.clearTimeout(timer),
};
const manager = new SharedManager(own, () => session.who, {
  locks: navigator.locks,
  channel: (name) => new BroadcastChannel(name),
  timers,
  document,
});
Object.assign(window, { wsManager: manager });

const feed = new Feed({
  manager,
  api,
  useWebSocket: USE_WEBSOCKET,
  timers,
  document,
});

feed.on("signed_out", () => session.end("expired"));

export const live = new Live(feed, api);

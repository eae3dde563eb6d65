/** A page for the client: the browser's classes played by hand, and a clock that moves when told to. */

import { WebSocketManager } from "../../../frontend/js/websocket-manager.js";

export const GREETING = {
  type: "connection", status: "connected", timestamp: "2025-11-19T10:05:00Z", subscriptions: ["all"],
  tenant: "demo", expires_at: "2025-11-21T10:20:00Z", heartbeat: 25, position: "e1.10",
};

/** Timers by hand: `advance` runs what is due, in order. */
export class Clock {
  now = 0;
  #timers = new Map();
  #last = 0;

  timers = {
    setTimeout: (run, ms) => {
      this.#timers.set(++this.#last, { at: this.now + ms, run });
      return this.#last;
    },
    clearTimeout: (id) => this.#timers.delete(id),
  };

  get pending() {
    return [...this.#timers.values()].map(({ at }) => at - this.now).sort((a, b) => a - b);
  }

  async advance(ms) {
    const end = this.now + ms;
    for (;;) {
      await settled();
      const due = [...this.#timers].filter(([, { at }]) => at <= end).sort((a, b) => a[1].at - b[1].at)[0];
      if (!due) break;
      this.#timers.delete(due[0]);
      this.now = Math.max(this.now, due[1].at); // after a sleep, timers are late
      due[1].run();
    }
    this.now = end;
    await settled();
  }
}

/** Let promises that are resolved run their course. */
export async function settled() {
  for (let i = 0; i < 3; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** The gateway's end of each socket that the page opens. */
export class Peer {
  /** @type {BrowserSocket[]} */ sockets = [];

  get socket() {
    return this.sockets.at(-1);
  }

  get Class() {
    const peer = this;
    return class extends BrowserSocket {
      constructor(url, protocols) {
        super(url, protocols);
        peer.sockets.push(this);
      }
    };
  }
}

class BrowserSocket {
  sent = [];
  closed = false;

  constructor(url, protocols) {
    if (protocols.some((one) => /[\s,]/.test(one))) throw new SyntaxError("invalid subprotocol");
    this.url = url;
    this.protocols = protocols;
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close() {
    this.closed = true;
  }

  says(message) {
    this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }

  greets(members = {}) {
    this.says({ ...GREETING, ...members });
  }

  closes(code, reason = "") {
    this.onclose?.({ code, reason });
  }

  fails() {
    this.onerror?.({});
    this.closes(1006);
  }
}

export class Page extends EventTarget {
  hidden = false;

  show(visible) {
    this.hidden = !visible;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

export function environment({ random = () => 0.5 } = {}) {
  const clock = new Clock();
  const peer = new Peer();
  const document = new Page();
  const window = new EventTarget();
  const manager = new WebSocketManager({
    WebSocket: peer.Class, url: "wss://gateway.test/ws", now: () => clock.now,
    timers: clock.timers, random, document, window,
  });
  manager.setToken("aaa.bbb.ccc");
  const events = [];
  for (const name of ["connected", "disconnected", "error", "measurements", "predictions", "actions", "alerts", "modules", "all", "lagged"]) {
    manager.on(name, (detail) => events.push([name, detail]));
  }
  return { clock, peer, document, window, manager, events };
}

/** A connection that was greeted. */
export async function connected(options) {
  const made = environment(options);
  made.manager.connect();
  await settled();
  made.peer.socket.greets();
  return made;
}

export function measurement(n, members = {}) {
  return {
    type: "measurement", timestamp: new Date(1_763_546_700_000 + n * 1000).toISOString(), sensor_id: "bureau1",
    enseigne: "Maison", salle: "Bureau", values: { CO2: 600 + n }, co2: 600 + n, global_score: 85,
    position: `e1.${n}`, ...members,
  };
}

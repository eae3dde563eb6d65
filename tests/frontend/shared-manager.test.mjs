import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { SharedManager } from "../../frontend/js/transport/shared-manager.js";
import { environment, measurement, settled } from "./support/environment.mjs";

/** A browser with its locks and channels; a tab for each call. */
class Browser {
  #held = new Map();
  #queues = new Map();
  channels = new Set();

  locks = {
    request: (name, { steal = false, signal }, run) => new Promise((resolve, reject) => {
      const request = { run, resolve, reject };
      signal?.addEventListener("abort", () => {
        const queue = this.#queues.get(name) ?? [];
        if (queue.includes(request)) {
          queue.splice(queue.indexOf(request), 1);
          reject(signal.reason);
        }
      });
      if (steal) {
        const held = this.#held.get(name);
        this.#held.delete(name);
        held?.reject(new DOMException("stolen", "AbortError"));
        this.#grant(name, request);
      } else {
        this.#queues.set(name, [...(this.#queues.get(name) ?? []), request]);
        this.#next(name);
      }
    }),
  };

  channel = (name) => {
    const port = {
      name, onmessage: null,
      postMessage: (data) => {
        const copy = structuredClone(data);
        for (const other of this.channels) if (other !== port && other.name === name) setImmediate(() => this.channels.has(other) && other.onmessage?.({ data: copy }));
      },
      close: () => this.channels.delete(port),
    };
    this.channels.add(port);
    return port;
  };

  #next(name) {
    if (this.#held.has(name)) return;
    const request = this.#queues.get(name)?.shift();
    if (request) this.#grant(name, request);
  }

  async #grant(name, request) {
    this.#held.set(name, request);
    await request.run();
    if (this.#held.get(name) !== request) return;
    this.#held.delete(name);
    request.resolve();
    this.#next(name);
  }

  async tab({ who = "marie", position = () => null } = {}) {
    const made = environment();
    const manager = new SharedManager(made.manager, () => who, {
      locks: this.locks, channel: this.channel, timers: made.clock.timers, document: made.document,
    });
    manager.setPositionProvider(position);
    const events = [];
    for (const name of ["connected", "disconnected", "measurements", "all", "lagged"]) manager.on(name, (detail) => events.push([name, detail]));
    manager.connect();
    await settled();
    return { ...made, manager, events, names: () => events.map(([name]) => name) };
  }
}

async function pair(options) {
  const browser = new Browser();
  const first = await browser.tab();
  first.peer.socket.greets();
  await settled();
  return { browser, first, second: await browser.tab(options) };
}

describe("several tabs", () => {
  test("one socket, and every tab hears every message once", async () => {
    const { first, second } = await pair();
    assert.equal(second.peer.sockets.length, 0);
    assert.deepEqual([first.manager.isConnected, second.manager.isConnected], [true, true]);
    first.peer.socket.says(measurement(1));
    await settled();
    for (const tab of [first, second]) assert.deepEqual(tab.names(), ["connected", "measurements", "all"]);
  });

  test("when the one that leads goes, the next goes on from its own position", async () => {
    const { first, second } = await pair({ position: () => "e1.7" });
    first.manager.disconnect();
    await settled();
    assert.equal(second.peer.sockets.length, 1);
    second.peer.socket.greets({ subscriptions: [] });
    assert.equal(second.peer.socket.sent[0].after, "e1.7");
    assert.equal(second.manager.isConnected, true);
  });

  test("who has a position when it joins is told that something lies between", async () => {
    const { second } = await pair({ position: () => "e1.7" });
    assert.deepEqual(second.names(), ["connected", "lagged"]);
  });

  test("a visible tab takes the lead from a hidden one that lost its connection", async () => {
    const { first, second } = await pair();
    first.document.show(false);
    first.peer.socket.closes(1006);
    await settled();
    assert.equal(second.peer.sockets.length, 1);
    second.peer.socket.greets();
    await settled();
    assert.equal(first.manager.isConnected, true);
    assert.equal(first.peer.sockets.length, 1);
  });

  test("and from one that does not answer", async () => {
    const { browser, second } = await pair();
    const frozen = [...browser.channels][0];
    frozen.onmessage = null;
    second.document.show(false);
    second.document.show(true);
    await second.clock.advance(2000);
    assert.equal(second.peer.sockets.length, 1);
  });

  test("another person's tab has a connection of its own", async () => {
    const { second } = await pair({ who: "paul" });
    assert.equal(second.peer.sockets.length, 1);
  });

  test("a tab that chooses topics of its own shares nothing any more", async () => {
    const { first, second } = await pair();
    first.manager.subscribe("alerts");
    await settled();
    assert.deepEqual(first.peer.socket.sent.at(-1).topics, ["alerts"]);
    assert.equal(second.peer.sockets.length, 1);
  });
});

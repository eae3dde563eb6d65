import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Feed } from "../../frontend/js/transport/feed.js";
import { environment, measurement, settled } from "./support/environment.mjs";
import { Gateway } from "./support/gateway.mjs";

function page({ useWebSocket = true } = {}) {
  const env = environment();
  const gateway = new Gateway();
  const { manager, clock, document } = env;
  const feed = new Feed({ manager, api: gateway.api, useWebSocket, timers: clock.timers, document });
  const seen = { messages: [], history: [], statuses: [], signedOut: 0 };
  feed.on("message", ({ position }) => seen.messages.push(position));
  feed.on("history", (records) => seen.history.push(records.length));
  feed.on("status", (status) => seen.statuses.push(status));
  feed.on("signed_out", () => (seen.signedOut += 1));
  return { ...env, gateway, feed, seen };
}

async function live(options) {
  const made = page(options);
  made.gateway.publish(measurement(1));
  made.feed.start();
  await settled();
  made.peer.socket.greets({ position: made.gateway.position });
  await settled();
  return made;
}

/** A publication as the gateway sends it: into the order, and to whoever is connected. */
function publish({ gateway, peer, manager }, n) {
  const message = gateway.publish(measurement(n));
  if (manager.isConnected) peer.socket.says(message);
}

const inOrder = (from, to) => Array.from({ length: to - from + 1 }, (_, i) => `e1.${from + i}`);

describe("the socket first", () => {
  test("greeting, then history, then live", async () => {
    const made = await live();
    publish(made, 2);
    assert.deepEqual(made.seen.statuses, ["connecting", "live"]);
    assert.deepEqual(made.seen.history, [1]);
    assert.deepEqual(made.seen.messages, ["e1.2"]);
    assert.deepEqual(made.gateway.asked, []);
  });

  test("what happened before the page looked is there, once", async () => {
    const made = page();
    const alert = made.gateway.publish({ ...measurement(1), type: "alert" });
    made.feed.start();
    await settled();
    made.peer.socket.greets({ position: made.gateway.position });
    made.peer.socket.says(alert);
    await settled();
    assert.deepEqual(made.seen.messages, ["e1.1"]);
  });

  test("what was asked for one person is not given to the next", async () => {
    const made = page();
    const answers = [];
    made.gateway.api.history = () => new Promise((answer) => answers.push(answer));
    for (let person = 0; person < 2; person += 1) {
      made.feed.stop();
      made.feed.start();
      await settled();
      made.peer.socket.greets({ position: made.gateway.position });
      await settled();
    }
    answers[0]([measurement(1), measurement(2)]);
    answers[1]([measurement(3)]);
    await settled();
    assert.deepEqual(made.seen.history, [1]);
  });

  test("a history that fails is asked for again", async () => {
    const made = page();
    made.gateway.fail(503, 7);
    made.feed.start();
    await settled();
    made.peer.socket.greets();
    await settled();
    made.gateway.heal();
    await made.clock.advance(6000);
    assert.deepEqual(made.seen.history, []);
    await made.clock.advance(1000);
    assert.deepEqual(made.seen.history, [0]);
  });

  test("an error frame on a living socket changes nothing", async () => {
    const made = await live();
    made.peer.socket.says({ type: "error", code: "unknown_command", message: "", retryable: false });
    assert.equal(made.feed.status, "live");
    assert.deepEqual(made.gateway.asked, []);
  });
});

describe("falling back", () => {
  test("a cut: polling every three seconds, then the socket again, every message once and in order", async () => {
    const made = await live();
    const { peer, clock, seen, gateway } = made;
    publish(made, 2);
    peer.socket.closes(1006);
    publish(made, 3);
    await settled();
    assert.deepEqual(seen.messages, inOrder(2, 3));
    publish(made, 4);
    await clock.advance(2999);
    assert.deepEqual(seen.messages, inOrder(2, 3));
    await clock.advance(1);
    assert.deepEqual(seen.messages, inOrder(2, 4));
    assert.equal(made.feed.status, "polling");

    publish(made, 5);
    assert.equal(peer.socket.url, "wss://gateway.test/ws?topics=");
    peer.socket.greets({ position: gateway.position, subscriptions: [] });
    assert.deepEqual(peer.socket.sent[0], { type: "subscribe", topics: ["all"], id: 1, after: "e1.4" });
    assert.equal(made.feed.status, "catching_up");
    assert.deepEqual(made.manager.subscriptions, ["all"]);
    gateway.resumes(peer.socket);
    publish(made, 6);
    assert.equal(made.feed.status, "live");
    assert.deepEqual(seen.messages, inOrder(2, 6));
    const asked = gateway.asked.length;
    await clock.advance(10_000);
    assert.equal(gateway.asked.length, asked);
    assert.deepEqual(seen.statuses, ["connecting", "live", "reconnecting", "polling", "catching_up", "live"]);
  });

  test("many pages are fetched without a pause", async () => {
    const made = await live();
    made.gateway.page = 2;
    made.peer.socket.closes(1012);
    for (let n = 2; n <= 10; n += 1) publish(made, n);
    await made.clock.advance(100);
    assert.deepEqual(made.seen.messages, inOrder(2, 10));
  });

  test("a cut in the middle of a replay leaves no hole", async () => {
    const made = await live();
    const { peer, clock, gateway, seen } = made;
    peer.socket.closes(1006);
    gateway.fail(0);
    await clock.advance(400);
    for (const n of [2, 3, 4]) gateway.publish(measurement(n));
    peer.socket.greets({ position: gateway.position, subscriptions: [] });
    peer.socket.says({ type: "subscribed", topics: ["all"], id: 1, recovered: true, position: "e1.1" });
    peer.socket.says(gateway.messages[1]);
    peer.socket.closes(1006);
    gateway.heal();
    await clock.advance(3000);
    assert.deepEqual(seen.messages, inOrder(2, 4));
  });

  test("a position that the socket no longer knows: history, then live", async () => {
    const made = await live();
    const { peer, clock, gateway, seen } = made;
    peer.socket.closes(1006);
    gateway.fail(0);
    await clock.advance(400);
    gateway.heal();
    for (const n of [2, 3, 4]) gateway.publish(measurement(n));
    gateway.oldest = 3;
    peer.socket.greets({ position: gateway.position, subscriptions: [] });
    gateway.resumes(peer.socket);
    publish(made, 5);
    await settled();
    assert.deepEqual(seen.history, [1, 5]);
    assert.deepEqual(seen.messages, ["e1.5"]);
    peer.socket.closes(1006);
    publish(made, 6);
    await clock.advance(3000);
    assert.deepEqual(seen.messages, ["e1.5", "e1.6"]);
  });

  test("a replay that has to wait is asked for again", async () => {
    const made = await live();
    const { peer, clock, gateway } = made;
    peer.socket.closes(1006);
    await clock.advance(400);
    peer.socket.greets({ position: gateway.position, subscriptions: [] });
    const answer = { type: "error", code: "replaying", message: "", retryable: true, id: 1 };
    peer.socket.says(answer);
    publish(made, 2);
    await clock.advance(1000);
    assert.equal(peer.socket.sent.filter(({ type }) => type === "subscribe").length, 2);
    gateway.resumes(peer.socket);
    assert.equal(made.feed.status, "live");
    assert.deepEqual(made.seen.messages, ["e1.2"]);
  });

  test("topics that are refused at the replay leave no silent page: it polls", async () => {
    const made = await live();
    const { peer, clock, gateway } = made;
    peer.socket.closes(1006);
    await clock.advance(400);
    peer.socket.greets({ position: gateway.position, subscriptions: [] });
    peer.socket.says({ type: "error", code: "forbidden", message: "", retryable: false, id: 1 });
    assert.equal(made.manager.isConnected, false);
    publish(made, 2);
    await clock.advance(3000);
    assert.deepEqual(made.seen.messages, ["e1.2"]);
  });

  test("a socket that greets after polling began goes on from where polling stands", async () => {
    const made = page();
    made.gateway.publish(measurement(1));
    made.feed.start();
    await settled();
    made.peer.socket.fails();
    await settled();
    assert.deepEqual(made.seen.messages, ["e1.1"]);
    await made.clock.advance(400);
    made.gateway.publish(measurement(2));
    made.peer.socket.greets({ position: made.gateway.position, subscriptions: [] });
    made.gateway.resumes(made.peer.socket);
    assert.deepEqual(made.seen.messages, inOrder(1, 2));
  });

  test("left out twice: the second gap is fetched even with the first fetch under way", async () => {
    const made = await live();
    const { peer, gateway, seen } = made;
    gateway.publish(measurement(2));
    peer.socket.says({ type: "lagged", dropped: 1 });
    gateway.publish(measurement(3));
    peer.socket.says({ type: "lagged", dropped: 1 });
    publish(made, 4);
    await settled();
    assert.deepEqual([...seen.messages].sort(), inOrder(2, 4));
    assert.deepEqual(gateway.asked, ["e1.1", "e1.1"]);
    assert.equal(made.feed.status, "live");
  });

  test("what the gateway left out for a slow page is fetched", async () => {
    const made = await live();
    made.gateway.publish(measurement(2));
    made.peer.socket.says({ type: "lagged", dropped: 1 });
    await settled();
    assert.deepEqual(made.seen.messages, ["e1.2"]);
    assert.equal(made.feed.status, "live");
  });

  test("a position that the gateway refuses is forgotten", async () => {
    const made = await live();
    made.peer.socket.closes(1006);
    made.gateway.fail(400);
    await made.clock.advance(0);
    made.gateway.heal();
    publish(made, 2);
    await made.clock.advance(3000);
    assert.deepEqual(made.gateway.asked.slice(0, 2), ["e1.1", null]);
    assert.ok(made.seen.messages.includes("e1.2"));
    assert.equal(made.feed.status, "polling");
  });

  test("a position that is gone is answered by history", async () => {
    const made = await live();
    made.peer.socket.closes(1006);
    for (let n = 2; n <= 5; n += 1) publish(made, n);
    made.gateway.oldest = 3;
    await made.clock.advance(100);
    assert.deepEqual(made.seen.history.slice(-1), [5]);
    publish(made, 6);
    await made.clock.advance(3100);
    assert.deepEqual(made.seen.messages.slice(-1), ["e1.6"]);
  });

  test("nothing answers: offline; the first answer tries the socket at once", async () => {
    const made = await live();
    const { peer, clock, gateway } = made;
    gateway.fail(0);
    peer.socket.closes(1006);
    for (let i = 0; i < 8; i += 1) {
      await clock.advance(10_000);
      if (made.manager.isConnected === false && peer.socket.onclose) peer.socket.fails();
    }
    assert.equal(made.feed.status, "offline");
    gateway.heal();
    const sockets = peer.sockets.length;
    await clock.advance(3000);
    assert.equal(made.feed.status, "polling");
    assert.ok(peer.sockets.length > sockets);
  });

  test("a terminal close of bad commands goes on by polling", async () => {
    const made = await live();
    made.peer.socket.closes(4400);
    publish(made, 2);
    await made.clock.advance(60_000);
    assert.equal(made.feed.status, "polling");
    assert.equal(made.peer.sockets.length, 1);
    assert.deepEqual(made.seen.messages, ["e1.2"]);
  });
});

describe("polling alone", () => {
  test("with USE_WEBSOCKET off no socket is opened", async () => {
    const made = page({ useWebSocket: false });
    made.gateway.publish(measurement(1));
    made.feed.start();
    await settled();
    publish(made, 2);
    await made.clock.advance(3000);
    assert.equal(made.peer.sockets.length, 0);
    assert.deepEqual(made.seen.history, [1]);
    assert.deepEqual(made.seen.messages, inOrder(1, 2));
    assert.equal(made.feed.status, "polling");
  });

  test("429: not sooner than it says", async () => {
    const made = page({ useWebSocket: false });
    made.feed.start();
    await settled();
    made.gateway.fail(429, 20);
    await made.clock.advance(3000);
    const asked = made.gateway.asked.length;
    await made.clock.advance(19_000);
    assert.equal(made.gateway.asked.length, asked);
    made.gateway.heal();
    await made.clock.advance(1000);
    assert.equal(made.gateway.asked.length, asked + 1);
  });

  test("401: somebody has to sign in, and nothing is asked any more", async () => {
    const made = await live();
    made.gateway.fail(401);
    made.peer.socket.closes(1006);
    await made.clock.advance(60_000);
    assert.equal(made.seen.signedOut, 1);
    assert.equal(made.feed.status, "stopped");
    assert.equal(made.gateway.asked.length, 1);
    assert.deepEqual(made.clock.pending, []);
  });

  test("403: denied, and nothing is asked any more", async () => {
    const made = await live();
    made.gateway.fail(403);
    made.peer.socket.closes(4403);
    await made.clock.advance(60_000);
    assert.equal(made.feed.status, "denied");
    assert.equal(made.gateway.asked.length, 1);
  });

  test("a hidden page asks nothing; a visible one at once", async () => {
    const made = page({ useWebSocket: false });
    made.feed.start();
    await settled();
    made.document.show(false);
    await made.clock.advance(60_000);
    assert.equal(made.gateway.asked.length, 1);
    made.document.show(true);
    await settled();
    assert.equal(made.gateway.asked.length, 2);
  });

  test("stopped is stopped, even with an answer under way", async () => {
    const made = page({ useWebSocket: false });
    made.feed.start();
    made.feed.stop();
    await made.clock.advance(10_000);
    assert.deepEqual(made.seen.statuses, ["connecting", "stopped"]);
    assert.deepEqual(made.clock.pending, []);
  });
});

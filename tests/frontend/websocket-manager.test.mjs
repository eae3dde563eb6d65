import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { CLOSES } from "../../frontend/js/transport/closes.js";
import { connected, environment, measurement, settled } from "./support/environment.mjs";

const named = (events, name) => events.filter(([event]) => event === name).map(([, detail]) => detail);

describe("connecting", () => {
  test("the token travels as a subprotocol, the topics in the address", async () => {
    const { manager, peer } = environment();
    manager.connect();
    await settled();
    assert.deepEqual(peer.socket.protocols, ["iaqverse.v1", "bearer.aaa.bbb.ccc"]);
    assert.equal(peer.socket.url, "wss://gateway.test/ws?topics=all");
    assert.equal(manager.isConnected, false);
  });

  test("it is connected when the gateway greets, not when the socket opens", async () => {
    const { manager, peer, events } = environment();
    manager.connect();
    await settled();
    peer.socket.onopen?.({});
    assert.equal(manager.isConnectionActive(), false);
    peer.socket.greets();
    assert.equal(manager.isConnectionActive(), true);
    assert.equal(named(events, "connected")[0].tenant, "demo");
    assert.deepEqual(manager.subscriptions, ["all"]);
  });

  test("connecting twice opens one socket", async () => {
    const { manager, peer } = environment();
    manager.connect();
    manager.connect();
    await settled();
    manager.connect();
    assert.equal(peer.sockets.length, 1);
  });

  test("nobody signed in is an error, and no socket is opened", async () => {
    const { manager, peer, events } = environment();
    manager.setToken(null);
    manager.connect();
    await settled();
    assert.equal(peer.sockets.length, 0);
    assert.equal(named(events, "error")[0].code, "unauthenticated");
  });

  test("a token that cannot stand in a header is an error", async () => {
    const { manager, events } = environment();
    manager.setToken("not a token");
    manager.connect();
    await settled();
    assert.equal(named(events, "error")[0].code, "unauthenticated");
  });

  test("a gateway that does not greet within five seconds is given up", async () => {
    const { manager, peer, clock, events } = environment();
    manager.connect();
    await clock.advance(5000);
    assert.equal(peer.socket.closed || peer.sockets.length > 1, true);
    assert.equal(named(events, "disconnected")[0].reason, "no greeting");
  });

  test("a refused handshake is an error, then a retry", async () => {
    const { manager, peer, clock, events } = environment();
    manager.connect();
    await settled();
    peer.socket.fails();
    assert.deepEqual(events.map(([name]) => name), ["error", "disconnected"]);
    await clock.advance(500);
    assert.equal(peer.sockets.length, 2);
  });
});

describe("messages", () => {
  test("each reaches its topic and `all`, once", async () => {
    const { peer, events } = await connected();
    for (const type of ["measurement", "prediction", "action", "alert", "module"]) peer.socket.says({ type });
    for (const topic of ["measurements", "predictions", "actions", "alerts", "modules"]) {
      assert.equal(named(events, topic).length, 1);
    }
    assert.equal(named(events, "all").length, 5);
  });

  test("a listener that was taken off hears nothing", async () => {
    const { manager, peer } = await connected();
    const heard = [];
    const listener = (message) => heard.push(message);
    manager.on("alerts", listener);
    manager.off("alerts", listener);
    peer.socket.says({ type: "alert" });
    assert.deepEqual(heard, []);
  });

  test("a listener that throws does not keep the others from hearing", async (t) => {
    const { manager, peer, events } = await connected();
    t.mock.method(console, "error", () => {});
    manager.on("alerts", () => {
      throw new Error("theirs");
    });
    peer.socket.says({ type: "alert" });
    assert.equal(named(events, "all").length, 1);
  });

  test("an event that does not exist is refused", () => {
    const { manager } = environment();
    assert.throws(() => manager.on("mesures", () => {}), RangeError);
  });

  test("what a given-up socket still says is not heard", async () => {
    const { manager, peer, events } = await connected();
    const old = peer.socket;
    manager.disconnect();
    old.says(measurement(1));
    assert.equal(named(events, "measurements").length, 0);
  });

  test("noise is ignored", async () => {
    const { peer, manager } = await connected();
    peer.socket.says("{");
    peer.socket.says('{"type":"pong"}');
    assert.equal(manager.isConnected, true);
  });
});

describe("closes", () => {
  for (const [code, { name, action }] of Object.entries(CLOSES)) {
    test(`${code} ${name}: ${action}`, async () => {
      const { manager, peer, clock, events } = await connected();
      const asked = [];
      manager.setTokenProvider((ask) => {
        asked.push(ask);
        return "new.new.new";
      });
      const reason = action === "wait" ? "retry_after=3" : "";
      peer.socket.closes(Number(code), reason);
      assert.deepEqual(named(events, "disconnected"), [{ code: Number(code), name, reason, action }]);
      assert.equal(manager.isConnected, false);
      await clock.advance(1000);
      assert.equal(peer.sockets.length, action === "terminal" || action === "wait" ? 1 : 2);
      await clock.advance(2000);
      assert.equal(peer.sockets.length > 1, action !== "terminal");
      if (action !== "terminal") assert.deepEqual(asked[0], { refused: action === "renew" ? "aaa.bbb.ccc" : null });
    });
  }

  test("a renewed token is the one that is used", async () => {
    const { manager, peer, clock } = await connected();
    manager.setTokenProvider(async ({ refused }) => (refused === "aaa.bbb.ccc" ? "new.new.new" : "old.old.old"));
    peer.socket.closes(4401);
    await clock.advance(500);
    assert.equal(peer.socket.protocols[1], "bearer.new.new.new");
  });

  test("a token that came while the old one was being renewed is good", async () => {
    const { manager, peer, clock } = await connected();
    let token = "aaa.bbb.ccc";
    manager.setTokenProvider(({ refused }) => (refused === token ? new Promise(() => {}) : token));
    peer.socket.closes(4401);
    await clock.advance(500);
    manager.disconnect();
    token = "new.new.new";
    manager.connect();
    await settled();
    assert.equal(peer.socket.protocols[1], "bearer.new.new.new");
  });

  test("a token that cannot be renewed ends the attempts", async () => {
    const { peer, clock, events } = await connected();
    peer.socket.closes(4401);
    await clock.advance(60_000);
    assert.equal(peer.sockets.length, 1);
    assert.equal(named(events, "error")[0].code, "unauthenticated");
  });

  test("a gateway that restarts is not asked before it said", async () => {
    const { peer, clock } = await connected();
    peer.socket.closes(1012, "the gateway restarts, retry_after=7");
    await clock.advance(6_999);
    assert.equal(peer.sockets.length, 1);
    await clock.advance(1);
    assert.equal(peer.sockets.length, 2);
  });

  test("the wait of a 4429 holds even when somebody asks sooner", async () => {
    const { manager, peer, clock, document } = await connected();
    peer.socket.closes(4429, "retry_after=30");
    manager.connect();
    document.show(false);
    document.show(true);
    await clock.advance(29_000);
    assert.equal(peer.sockets.length, 1);
    await clock.advance(1000);
    assert.equal(peer.sockets.length, 2);
  });

  test("a terminal close can be followed by a connect by hand", async () => {
    const { manager, peer, clock } = await connected();
    peer.socket.closes(4403);
    await clock.advance(60_000);
    manager.connect();
    await settled();
    assert.equal(peer.sockets.length, 2);
  });
});

describe("reconnecting", () => {
  test("the first attempt comes within half a second, whatever the dice say", async () => {
    const { peer, clock } = await connected({ random: () => 0.999 });
    peer.socket.closes(1006);
    await clock.advance(500);
    assert.equal(peer.sockets.length, 2);
  });

  test("attempts that fail are further and further apart, twenty seconds at most", async () => {
    const { peer, clock } = await connected({ random: () => 0.999 });
    const waits = [];
    peer.socket.closes(1006);
    for (let i = 0; i < 9; i += 1) {
      waits.push(Math.round(clock.pending[0] / 100) / 10);
      await clock.advance(clock.pending[0]);
      peer.socket.fails();
    }
    assert.deepEqual(waits, [0.5, 1, 2, 4, 8, 16, 20, 20, 20]);
  });

  test("a connection that lasted starts the back-off over; one that did not, does not", async () => {
    const { peer, clock } = await connected({ random: () => 0.999 });
    peer.socket.closes(1006);
    await clock.advance(500);
    peer.socket.greets();
    peer.socket.closes(1006);
    assert.ok(clock.pending[0] > 900);
    await clock.advance(1000);
    peer.socket.greets();
    await clock.advance(5000);
    peer.socket.closes(1006);
    assert.ok(clock.pending[0] < 500);
  });

  test("what was subscribed to is asked for again", async () => {
    const { manager, peer, clock } = await connected();
    manager.subscribe(["alerts:Maison"]);
    manager.unsubscribe("all");
    peer.socket.closes(1012);
    await clock.advance(500);
    assert.equal(peer.socket.url, "wss://gateway.test/ws?topics=alerts%3AMaison");
    assert.deepEqual(manager.subscriptions, ["alerts:Maison"]);
  });

  test("disconnect ends the attempts, and connect begins at once", async () => {
    const { manager, peer, clock, events } = await connected();
    window_snippet(manager);
    await settled();
    assert.equal(peer.sockets.length, 2);
    assert.equal(named(events, "disconnected").length, 1);
    manager.disconnect();
    await clock.advance(60_000);
    assert.equal(peer.sockets.length, 2);
    assert.deepEqual(clock.pending, []);
  });

  test("connect by hand does not sit out the back-off", async () => {
    const { manager, peer } = await connected();
    peer.socket.closes(1006);
    manager.connect();
    await settled();
    assert.equal(peer.sockets.length, 2);
  });

  test("a disconnect while the token is awaited opens nothing", async () => {
    const { manager, peer } = environment();
    let give;
    manager.setTokenProvider(() => new Promise((resolve) => (give = resolve)));
    manager.connect();
    await settled();
    manager.disconnect();
    give("aaa.bbb.ccc");
    await settled();
    assert.equal(peer.sockets.length, 0);
  });
});

function window_snippet(manager) {
  const window = { wsManager: manager };
  window.wsManager.disconnect()
  window.wsManager.connect()
}

describe("hidden pages and networks", () => {
  test("a hidden page has no timer; a visible one connects at once", async () => {
    const { peer, clock, document } = await connected();
    document.show(false);
    peer.socket.closes(1006);
    assert.deepEqual(clock.pending, []);
    await clock.advance(3_600_000);
    assert.equal(peer.sockets.length, 1);
    document.show(true);
    await settled();
    assert.equal(peer.sockets.length, 2);
  });

  test("a page that is hidden while it waits stops waiting", async () => {
    const { peer, clock, document } = await connected();
    peer.socket.closes(1006);
    document.show(false);
    assert.deepEqual(clock.pending, []);
    document.show(true);
    await settled();
    assert.equal(peer.sockets.length, 2);
  });

  test("a network that comes back is tried at once", async () => {
    const { peer, window } = await connected();
    peer.socket.closes(1006);
    window.dispatchEvent(new Event("online"));
    await settled();
    assert.equal(peer.sockets.length, 2);
  });

  test("a connection of before a sleep has five seconds to prove itself", async () => {
    for (const answers of [true, false]) {
      const { peer, clock, document } = await connected();
      document.show(false);
      await clock.advance(3_600_000);
      document.show(true);
      assert.deepEqual(peer.socket.sent, [{ type: "ping" }]);
      if (answers) peer.socket.says({ type: "pong" });
      await clock.advance(5600);
      assert.equal(peer.sockets.length, answers ? 1 : 2);
    }
  });

  test("offline is doubted, not believed: the gateway may be on this machine", async () => {
    const { manager, peer, window, clock } = await connected();
    window.dispatchEvent(new Event("offline"));
    assert.deepEqual(peer.socket.sent, [{ type: "ping" }]);
    peer.socket.says({ type: "pong" });
    await clock.advance(10_000);
    assert.equal(manager.isConnected, true);
  });
});

describe("silence", () => {
  test("a ping every 25 s, and any frame counts as life", async () => {
    const { manager, peer, clock } = await connected();
    for (let i = 0; i < 10; i += 1) {
      await clock.advance(25_000);
      peer.socket.says(measurement(i));
    }
    assert.equal(peer.socket.sent.length, 10);
    assert.equal(manager.isConnected, true);
  });

  test("how long an answer took", async () => {
    const { manager, clock, peer } = await connected();
    const took = [];
    manager.on("latency", (ms) => took.push(ms));
    manager.ping();
    await clock.advance(40);
    peer.socket.says({ type: "pong" });
    peer.socket.says({ type: "pong" });
    assert.deepEqual(took, [40]);
  });

  test("two pings without an answer: the connection is dead", async () => {
    const { peer, clock, events } = await connected();
    await clock.advance(74_000);
    assert.equal(peer.sockets.length, 1);
    await clock.advance(1500);
    assert.equal(named(events, "disconnected")[0].reason, "nothing was heard");
    assert.equal(peer.sockets.length, 2);
    assert.equal(peer.sockets[0].closed, true);
  });

  test("the gateway says how often", async () => {
    const { manager, peer, clock } = environment();
    manager.connect();
    await settled();
    peer.socket.greets({ heartbeat: 2 });
    await clock.advance(2000);
    assert.deepEqual(peer.socket.sent, [{ type: "ping" }]);
  });
});

describe("subscriptions", () => {
  test("commands go out and the answer's whole set counts", async () => {
    const { manager, peer } = await connected();
    manager.subscribe(["measurements", "predictions"]);
    assert.deepEqual(peer.socket.sent, [{ type: "subscribe", topics: ["measurements", "predictions"], id: 1 }]);
    peer.socket.says({ type: "subscribed", topics: ["all", "measurements", "predictions"], id: 1 });
    assert.deepEqual(manager.subscriptions, ["all", "measurements", "predictions"]);
    manager.unsubscribe(["predictions"]);
    assert.deepEqual(peer.socket.sent[1], { type: "unsubscribe", topics: ["predictions"], id: 2 });
  });

  test("what was asked for while connecting is made up for at the greeting", async () => {
    const { manager, peer } = environment();
    manager.connect();
    await settled();
    manager.subscribe("alerts");
    manager.unsubscribe("all");
    assert.deepEqual(peer.socket.sent, []);
    peer.socket.greets();
    assert.deepEqual(peer.socket.sent, [
      { type: "subscribe", topics: ["alerts"], id: 1 },
      { type: "unsubscribe", topics: ["all"], id: 2 },
    ]);
  });

  test("a topic that was refused is not asked for again: it would cost the next handshake", async () => {
    const { manager, peer, clock, events } = await connected();
    manager.subscribe("alerts:Elsewhere");
    peer.socket.says({ type: "error", code: "forbidden", message: "no", retryable: false, id: 1 });
    assert.equal(named(events, "error")[0].code, "forbidden");
    peer.socket.closes(1006);
    await clock.advance(500);
    assert.equal(peer.socket.url, "wss://gateway.test/ws?topics=all");
  });

  test("nothing left to hear is possible, too", async () => {
    const { manager, peer, clock } = await connected();
    manager.unsubscribe("all");
    peer.socket.closes(1006);
    await clock.advance(500);
    assert.equal(peer.socket.url, "wss://gateway.test/ws?topics=");
    peer.socket.greets({ subscriptions: [] });
    assert.deepEqual(peer.socket.sent, []);
  });
});

describe("renewal", () => {
  const EXPIRING = { type: "token_expiring", expires_at: "2025-11-19T10:06:00Z" };
  const TEN_MINUTES = { expires_at: "2025-11-19T10:15:00Z" };
  const auths = (socket) => socket.sent.filter(({ type }) => type === "auth");

  test("a token that ends soon is replaced on the open connection", async () => {
    const { manager, peer, events } = await connected();
    manager.setRenewal(async () => "new.new.new");
    peer.socket.says(EXPIRING);
    await settled();
    assert.deepEqual(auths(peer.socket), [{ type: "auth", token: "new.new.new", id: "auth-1" }]);
    peer.socket.says({ type: "authenticated", id: "auth-1", expires_at: "2025-11-19T10:30:00Z" });
    assert.equal(manager.isConnected, true);
    assert.deepEqual(named(events, "error"), []);
  });

  test("without a renewal nothing is sent, and the end comes as it does", async () => {
    const { peer } = await connected();
    peer.socket.says(EXPIRING);
    await settled();
    assert.deepEqual(auths(peer.socket), []);
  });

  test("a renewal that fails is tried again while the connection lasts", async () => {
    const { manager, peer, clock } = await connected();
    let failures = 2;
    manager.setRenewal(async () => {
      if (failures-- > 0) throw new Error("unreachable");
      return "new.new.new";
    });
    peer.socket.says(EXPIRING);
    await clock.advance(4999);
    assert.equal(auths(peer.socket).length, 0);
    await clock.advance(5001);
    assert.equal(auths(peer.socket).length, 1);
  });

  test("a gateway that has no time for it is asked when it says", async () => {
    const { manager, peer, clock } = await connected();
    manager.setRenewal(async () => "new.new.new");
    peer.socket.says(EXPIRING);
    await settled();
    peer.socket.says({ type: "error", id: "auth-1", code: "rate_limited", retryable: true, retry_after: 20 });
    await clock.advance(19_000);
    assert.equal(auths(peer.socket).length, 1);
    await clock.advance(1000);
    assert.equal(auths(peer.socket).length, 2);
  });

  test("a refused token is an error, and the connection goes on with the one it has", async () => {
    const { manager, peer, events, clock } = await connected();
    manager.setRenewal(async () => "new.new.new");
    peer.socket.says(EXPIRING);
    await settled();
    peer.socket.says({ type: "error", id: "auth-1", code: "forbidden", retryable: false });
    await clock.advance(30_000);
    assert.equal(named(events, "error")[0].code, "forbidden");
    assert.equal(auths(peer.socket).length, 1);
    assert.equal(manager.isConnected, true);
  });

  test("after a sleep past the end another token is asked for before anything else", async () => {
    const { manager, peer, clock, window } = environment();
    manager.setPositionProvider(() => "e1.7");
    manager.connect();
    await settled();
    peer.socket.greets(TEN_MINUTES);
    const asked = [];
    manager.setTokenProvider(async (ask) => {
      asked.push(ask);
      return "new.new.new";
    });
    clock.now += 3_600_000; // a sleeping machine runs no timers
    window.dispatchEvent(new Event("online"));
    await clock.advance(5000); // nothing answers: the connection of before is dead
    await clock.advance(500);
    assert.deepEqual(asked, [{ refused: "aaa.bbb.ccc" }]);
    assert.equal(peer.socket.protocols[1], "bearer.new.new.new");
    peer.socket.greets({ timestamp: "2025-11-19T11:05:00Z", expires_at: "2025-11-19T11:20:00Z", subscriptions: [] });
    assert.equal(peer.socket.sent.at(-1).after, "e1.7");
  });

  test("a token that cannot be had now is asked for again", async () => {
    const { manager, peer, clock, events } = environment();
    let reachable = false;
    manager.setTokenProvider(async () => {
      if (!reachable) throw new Error("unreachable");
      return "new.new.new";
    });
    manager.connect();
    await settled();
    assert.deepEqual(named(events, "error").map(({ code, retryable }) => [code, retryable]), [["not_renewed", true]]);
    reachable = true;
    await clock.advance(20_000);
    assert.equal(peer.socket.protocols[1], "bearer.new.new.new");
  });

  test("the end of a renewed token is the new one's", async () => {
    const { manager, peer, clock } = environment();
    manager.connect();
    await settled();
    peer.socket.greets(TEN_MINUTES);
    manager.setRenewal(async () => "new.new.new");
    peer.socket.says(EXPIRING);
    await settled();
    peer.socket.says({ type: "authenticated", id: "auth-1", expires_at: "2025-11-19T12:00:00Z" });
    const asked = [];
    manager.setTokenProvider(async (ask) => {
      asked.push(ask);
      return "new.new.new";
    });
    clock.now += 700_000;
    peer.socket.closes(1006);
    await clock.advance(500);
    peer.socket.greets(TEN_MINUTES);
    peer.socket.closes(4401);
    await clock.advance(2000);
    assert.deepEqual(asked, [{ refused: null }, { refused: "new.new.new" }]);
  });
});

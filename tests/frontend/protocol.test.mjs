import assert from "node:assert/strict";
import { test } from "node:test";

import { CLOSES } from "../../frontend/js/transport/closes.js";
import { canonicalTopic, closeRow, parseFrame, retryAfterMs, socketUrl, topicsCommand } from "../../frontend/js/transport/protocol.js";

test("each type of publication belongs to its topic", () => {
  const topics = { measurement: "measurements", prediction: "predictions", action: "actions", alert: "alerts", module: "modules" };
  for (const [type, topic] of Object.entries(topics)) {
    assert.deepEqual(parseFrame(JSON.stringify({ type })), { kind: "publication", topic, message: { type } });
  }
});

test("the gateway's answers are told apart", () => {
  const kinds = { connection: "greeting", subscribed: "topics", unsubscribed: "topics", error: "error", lagged: "lagged", pong: "pong", news: "other" };
  for (const [type, kind] of Object.entries(kinds)) assert.equal(parseFrame(JSON.stringify({ type }))?.kind, kind);
});

test("what is no message is no frame", () => {
  for (const data of ["", "{", "null", "[]", "1", '"text"', "{}", '{"type":1}', new ArrayBuffer(2), undefined]) {
    assert.equal(parseFrame(data), null);
  }
});

test("a type with the name of an object's own member is no topic", () => {
  for (const type of ["__proto__", "constructor", "toString"]) {
    assert.equal(parseFrame(`{"type":"${type}"}`)?.kind, "other");
  }
});

test("commands are the documented ones", () => {
  assert.deepEqual(JSON.parse(topicsCommand("subscribe", new Set(["alerts"]), 3)), { type: "subscribe", topics: ["alerts"], id: 3 });
});

test("topics are spelled as the gateway spells them", () => {
  assert.equal(canonicalTopic("alerts"), "alerts");
  assert.equal(canonicalTopic("measurements:Café/Salle à manger"), "measurements:Caf%C3%A9/Salle%20%C3%A0%20manger");
  assert.equal(canonicalTopic("measurements:Caf%C3%A9"), "measurements:Caf%C3%A9");
  assert.equal(canonicalTopic("measurements:100%"), "measurements:100%");
});

test("the address carries the topics, as far as an address should", () => {
  assert.equal(socketUrl("wss://h/ws", ["measurements", "alerts:A/B"]), "wss://h/ws?topics=measurements%2Calerts%3AA%2FB");
  assert.equal(socketUrl("wss://h/ws", []), "wss://h/ws?topics=");
  const many = Array.from({ length: 128 }, (_, i) => `measurements:enseigne-${i}`);
  assert.ok(decodeURIComponent(socketUrl("wss://h/ws", many)).length < 1600);
});

test("a code that no table has means: reconnect", () => {
  for (const code of [1000, 1005, 1006, 1011, 4999]) assert.equal(closeRow(code).action, "reconnect");
  assert.deepEqual(closeRow(4401), CLOSES[4401]);
});

test("the wait is read from the reason and bounded", () => {
  assert.equal(retryAfterMs("wait", "retry_after=7"), 7000);
  assert.equal(retryAfterMs("wait", "slow down retry_after=1.5"), 1500);
  assert.equal(retryAfterMs("wait", ""), 1000);
  assert.equal(retryAfterMs("wait", "retry_after=soon"), 1000);
  assert.equal(retryAfterMs("wait", "retry_after=999999"), 3_600_000);
  assert.equal(retryAfterMs("reconnect", "the gateway restarts, retry_after=0.25"), 250);
  assert.equal(retryAfterMs("reconnect", "the gateway restarts"), 0);
});

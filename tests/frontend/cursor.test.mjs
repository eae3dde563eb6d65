import assert from "node:assert/strict";
import { test } from "node:test";

import { Cursor } from "../../frontend/js/transport/cursor.js";

test("live messages move the position, and a repetition is told", () => {
  const cursor = new Cursor();
  cursor.begin("e.1");
  assert.equal(cursor.live("e.2"), true);
  assert.equal(cursor.live("e.2"), false);
  assert.equal(cursor.position, "e.2");
});

test("only the first beginning counts", () => {
  const cursor = new Cursor();
  cursor.begin(undefined);
  assert.equal(cursor.position, null);
  cursor.begin("e.1");
  cursor.begin("e.9");
  assert.equal(cursor.position, "e.1");
});

test("while a gap is being filled, live messages pass but do not move the position", () => {
  const cursor = new Cursor();
  cursor.begin("e.5");
  cursor.fallBehind();
  assert.equal(cursor.live("e.9"), true);
  assert.equal(cursor.position, "e.5");
  cursor.polled("e.7", true);
  assert.equal(cursor.position, "e.7");
  assert.equal(cursor.behind, true);
  cursor.polled("e.9", false);
  assert.equal(cursor.position, "e.9");
  assert.equal(cursor.behind, false);
});

test("a cut in the middle of a catch-up resumes before the hole", () => {
  const cursor = new Cursor();
  cursor.begin("e.5");
  cursor.fallBehind();
  cursor.live("e.9");
  cursor.fallBehind();
  assert.equal(cursor.position, "e.5");
});

test("a message without a position passes and moves nothing", () => {
  const cursor = new Cursor();
  cursor.begin("e.1");
  assert.equal(cursor.live(undefined), true);
  assert.equal(cursor.live(undefined), true);
  assert.equal(cursor.position, "e.1");
});

test("what is remembered is bounded: the oldest is forgotten first", () => {
  const cursor = new Cursor(2);
  for (const position of ["a", "b", "c"]) assert.equal(cursor.admit(position), true);
  assert.equal(cursor.admit("c"), false);
  assert.equal(cursor.admit("b"), false);
  assert.equal(cursor.admit("a"), true);
});

test("a position that is lost takes nothing of what was seen with it", () => {
  const cursor = new Cursor();
  cursor.begin("e.1");
  cursor.fallBehind();
  cursor.live("e.2");
  cursor.lose();
  assert.equal(cursor.position, null);
  assert.equal(cursor.behind, false);
  assert.equal(cursor.admit("e.2"), false);
});

test("after a reset nothing is known", () => {
  const cursor = new Cursor();
  cursor.begin("e.1");
  cursor.live("e.2");
  cursor.reset();
  assert.equal(cursor.position, null);
  assert.equal(cursor.admit("e.2"), true);
});

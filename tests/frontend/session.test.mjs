import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Session } from "../../frontend/js/account/session.js";
import { settled } from "./support/environment.mjs";

function session() {
  const made = new Session();
  const ended = [];
  made.on("ended", (reason) => ended.push(reason));
  return { session: made, ended };
}

test("all who need a token get the one that somebody signs in with", async () => {
  const { session: made, ended } = session();
  const waiting = [made.need(), made.need(), made.renew(null)];
  await settled();
  made.begin("a.b.c");
  assert.deepEqual(await Promise.all(waiting), ["a.b.c", "a.b.c", "a.b.c"]);
  assert.deepEqual(ended, [null]);
});

test("a token that was refused is forgotten; one that came since is not", async () => {
  const { session: made, ended } = session();
  made.begin("old.old.old");
  made.begin("new.new.new");
  assert.equal(await made.renew("old.old.old"), "new.new.new");
  made.renew("new.new.new");
  await settled();
  assert.equal(made.token, null);
  assert.deepEqual(ended, ["expired"]);
});

test("signing out forgets the token", () => {
  const { session: made, ended } = session();
  made.begin("a.b.c");
  made.end();
  assert.equal(made.token, null);
  assert.deepEqual(ended, ["signed_out"]);
});

describe("renewal", () => {
  test("a token that ended is replaced without the person, once for all who need it", async () => {
    const { session: made, ended } = session();
    made.begin("old.old.old");
    let asked = 0;
    made.setRenewal(async () => `new${++asked}`);
    const all = [made.replace("old.old.old"), made.renew("old.old.old"), made.replace("old.old.old")];
    assert.deepEqual(await Promise.all(all), ["new1", "new1", "new1"]);
    assert.equal(made.token, "new1");
    assert.equal(await made.replace("old.old.old"), "new1");
    assert.deepEqual(ended, []);
  });

  test("where there is none to be had the person is asked", async () => {
    const { session: made, ended } = session();
    made.begin("old.old.old");
    const waiting = made.renew("old.old.old");
    await settled();
    assert.deepEqual(ended, ["expired"]);
    made.begin("new.new.new");
    assert.equal(await waiting, "new.new.new");
  });

  test("a renewal that fails signs nobody out", async () => {
    const { session: made, ended } = session();
    made.begin("old.old.old");
    made.setRenewal(() => Promise.reject(new Error("unreachable")));
    await assert.rejects(made.renew("old.old.old"));
    assert.equal(made.token, "old.old.old");
    assert.deepEqual(ended, []);
  });

  test("who signs out meanwhile stays signed out", async () => {
    const { session: made } = session();
    made.begin("old.old.old");
    made.setRenewal(async () => "new.new.new");
    const renewed = made.replace("old.old.old");
    made.end();
    assert.equal(await renewed, null);
    assert.equal(made.token, null);
  });
});

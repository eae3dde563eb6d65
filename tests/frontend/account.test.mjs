import assert from "node:assert/strict";
import { beforeEach, describe, test } from "node:test";

import { Account } from "../../frontend/js/account/account.js";
import { ApiError } from "../../frontend/js/transport/http.js";

const kept = new Map();
globalThis.localStorage = {
  getItem: (name) => kept.get(name) ?? null,
  setItem: (name, value) => kept.set(name, value),
  removeItem: (name) => kept.delete(name),
};
beforeEach(() => kept.clear());

/** An account at a gateway that gives these answers in turn. */
function account(...answers) {
  const asked = [];
  const told = [];
  const tabs = { postMessage: (what) => told.push(what), onmessage: null };
  let holding = 0;
  const made = new Account({
    fetch: async (url, init) => {
      assert.equal(holding, 1, "it has its turn");
      asked.push({ url, init });
      const [status, body, headers] = answers.shift();
      if (status === 0) throw new TypeError("no network");
      return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
    },
    turns: {
      request: async (_, run) => {
        holding += 1;
        try {
          return await run();
        } finally {
          holding -= 1;
        }
      },
    },
    tabs,
  });
  return { account: made, asked, told, tabs };
}

const SIGNED_IN = { access_token: "a.b.c", user: { name: "marie", tenant: "acme", role: "dashboard" } };

test("signing in sends the password once, as JSON to the gateway's own address", async () => {
  const { account: made, asked, told } = account([200, SIGNED_IN]);
  assert.deepEqual(await made.signIn("marie@acme", "secret"), SIGNED_IN);
  const [{ url, init }] = asked;
  assert.equal(url, "/auth/login");
  assert.deepEqual(JSON.parse(init.body), { login: "marie@acme", password: "secret" });
  assert.equal(init.headers["Content-Type"], "application/json");
  assert.equal(init.credentials, "same-origin");
  assert.deepEqual(told, ["signed_in"]);
});

test("neither token nor password is kept on the device", async () => {
  const { account: made } = account([200, SIGNED_IN]);
  await made.signIn("marie@acme", "secret");
  assert.deepEqual([...kept], [["iaqverse.known", "yes"]]);
});

describe("renewal", () => {
  test("who never signed in here asks for nothing", async () => {
    const { account: made, asked } = account();
    assert.equal(await made.renew(), null);
    assert.deepEqual(asked, []);
  });

  test("who did gets a token, until the gateway refuses", async () => {
    const { account: made, asked } = account([200, SIGNED_IN], [200, SIGNED_IN], [401, { error: {} }]);
    await made.signIn("marie@acme", "secret");
    assert.equal(await made.renew(), "a.b.c");
    assert.equal(await made.renew(), null);
    assert.equal(await made.renew(), null);
    assert.deepEqual(asked.map(({ url }) => url), ["/auth/login", "/auth/refresh", "/auth/refresh"]);
  });

  test("a gateway that does not answer signs nobody out", async () => {
    const { account: made } = account([200, SIGNED_IN], [0], [503, { error: {} }, { "Retry-After": "5" }], [200, SIGNED_IN]);
    await made.signIn("marie@acme", "secret");
    await assert.rejects(made.renew(), (error) => error instanceof ApiError && error.status === 0);
    await assert.rejects(made.renew(), (error) => error.status === 503 && error.retryAfter === 5);
    assert.equal(await made.renew(), "a.b.c");
  });
});

test("signing out tells the gateway and the other tabs, and forgets", async () => {
  const { account: made, asked, told } = account([200, SIGNED_IN], [204]);
  await made.signIn("marie@acme", "secret");
  await made.signOut();
  assert.equal(asked[1].url, "/auth/logout");
  assert.deepEqual(told, ["signed_in", "signed_out"]);
  assert.equal(kept.size, 0);
});

test("signing out everywhere says whether the gateway was told", async () => {
  const { account: made, asked } = account([200, SIGNED_IN], [204], [200, SIGNED_IN], [503, { error: {} }]);
  for (const told of [true, false]) {
    await made.signIn("marie@acme", "secret");
    assert.equal(await made.signOut({ everywhere: true }), told);
  }
  assert.deepEqual(JSON.parse(asked[1].init.body), { everywhere: true });
});

test("what another tab did is heard", () => {
  const { account: made, tabs } = account();
  const heard = [];
  for (const event of ["signed_in", "signed_out"]) made.on(event, () => heard.push(event));
  tabs.onmessage({ data: "signed_in" });
  tabs.onmessage({ data: "signed_out" });
  assert.deepEqual(heard, ["signed_in", "signed_out"]);
});

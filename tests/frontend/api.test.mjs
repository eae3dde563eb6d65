import assert from "node:assert/strict";
import { test } from "node:test";

import { Api } from "../../frontend/js/transport/api.js";
import { ApiError, Http } from "../../frontend/js/transport/http.js";

function api(answer, token = "aaa.bbb.ccc") {
  const asked = [];
  const fetch = async (url, init) => {
    asked.push({ url, init });
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { asked, api: new Api(new Http({ token: () => token, fetch })) };
}

const json = (body, init) => new Response(JSON.stringify(body), init);

test("messages after a position", async () => {
  const { api: client, asked } = api(json({ position: "e1.2", messages: [], more: false }));
  await client.messages({ topics: ["alerts", "measurements:A/B"], after: "e1.1", limit: 10 });
  assert.equal(asked[0].url, "/api/messages?topics=alerts%2Cmeasurements%3AA%2FB&limit=10&after=e1.1");
  assert.equal(asked[0].init.headers.Authorization, "Bearer aaa.bbb.ccc");
  assert.equal(asked[0].init.credentials, "omit");
});

test("history", async () => {
  const { api: client, asked } = api(json([]));
  assert.deepEqual(await client.history({ hours: 1 }), []);
  assert.match(asked[0].url, /^\/api\/iaq\/data\?hours=1/);
});

test("a gateway that is set to fewer records gives its own default", async () => {
  const asked = [];
  const fetch = async (url) => {
    asked.push(url);
    return url.includes("limit") ? json({ error: { code: "invalid" } }, { status: 422 }) : json([]);
  };
  assert.deepEqual(await new Api(new Http({ token: () => null, fetch })).history({ hours: 1 }), []);
  assert.deepEqual(asked, ["/api/iaq/data?hours=1&limit=10000", "/api/iaq/data?hours=1"]);
});

test("an error carries the gateway's words and its time", async () => {
  const body = { error: { code: "rate_limited", message: "slow down", request_id: "r1" } };
  const { api: client } = api(json(body, { status: 429, headers: { "Retry-After": "12" } }));
  await assert.rejects(client.history({ hours: 1 }), (error) => {
    assert.ok(error instanceof ApiError);
    assert.deepEqual([error.status, error.code, error.message, error.requestId, error.retryAfter], [429, "rate_limited", "slow down", "r1", 12]);
    return true;
  });
});

test("an answer that is no JSON is an error, too", async () => {
  for (const answer of [new Response("<html>", { status: 200 }), new Response("", { status: 502 })]) {
    await assert.rejects(api(answer).api.history({ hours: 1 }), ApiError);
  }
});

test("nothing answers: status 0", async () => {
  await assert.rejects(api(new TypeError("failed")).api.history({ hours: 1 }), { status: 0, code: "unreachable" });
});

test("a token that ended is replaced, and the question asked again", async () => {
  const asked = [];
  let token = "old.old.old";
  const fetch = async (url, { headers }) => {
    asked.push(headers.Authorization);
    return headers.Authorization === "Bearer new.new.new" ? json([]) : json({ error: {} }, { status: 401 });
  };
  const replace = async (ended) => (ended === "old.old.old" ? (token = "new.new.new") : null);
  const client = new Api(new Http({ token: () => token, replace, fetch }));
  assert.deepEqual(await client.history({ hours: 1 }), []);
  assert.deepEqual(asked, ["Bearer old.old.old", "Bearer new.new.new"]);
});

test("a renewal that fails is no answer at all", async () => {
  const fetch = async () => json({ error: {} }, { status: 401 });
  const replace = () => Promise.reject(new Error("unreachable"));
  const client = new Api(new Http({ token: () => "a.b.c", replace, fetch }));
  await assert.rejects(client.history({ hours: 1 }), { status: 0 });
});

test("what is asked to be done goes out as JSON, and may have nothing to tell", async () => {
  const asked = [];
  const answers = [json({ id: "d1" }, { status: 201 }), new Response(null, { status: 204 })];
  const fetch = async (url, init) => (asked.push({ url, ...init }), answers.shift());
  const http = new Http({ token: () => "a.b.c", fetch });
  assert.deepEqual(await http.act("POST", "/api/admin/devices", { tenant: "acme" }, { sensors: ["s1"] }), { id: "d1" });
  assert.equal(await http.act("DELETE", "/api/admin/connections/1"), null);
  assert.deepEqual(asked.map(({ method, url, body }) => [method, url, body]), [
    ["POST", "/api/admin/devices?tenant=acme", '{"sensors":["s1"]}'],
    ["DELETE", "/api/admin/connections/1", undefined],
  ]);
  assert.equal(asked[0].headers["Content-Type"], "application/json");
  assert.equal(asked[1].headers["Content-Type"], undefined);
});

import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX_MS, MIN_MS, retryDelay } from "../../frontend/js/transport/backoff.js";

const most = (attempt) => retryDelay(attempt, () => 0.999999999);

test("the jitter is full: from nothing to the bound", () => {
  for (let attempt = 0; attempt < 40; attempt += 1) {
    assert.equal(retryDelay(attempt, () => 0), 0);
    assert.ok(most(attempt) < Math.min(MAX_MS, MIN_MS * 2 ** attempt));
  }
});

test("the bound doubles from half a second to twenty", () => {
  const bounds = Array.from({ length: 8 }, (_, attempt) => Math.round(most(attempt)));
  assert.deepEqual(bounds, [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
  assert.equal(Math.round(most(5000)), MAX_MS);
});

test("two attempts fit into the two seconds after a cut", () => {
  assert.ok(most(0) + most(1) < 2000);
});

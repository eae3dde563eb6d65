/** The operator's page: asking while it is seen, passwords, acts that the audit knows. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ACTS } from "../../frontend/js/admin/audit.js";
import { password } from "../../frontend/js/admin/password.js";
import { refreshing } from "../../frontend/js/page/refreshing.js";
import { settled } from "./support/environment.mjs";

class Page extends EventTarget {
  hidden = false;

  show(shown) {
    this.hidden = !shown;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

test("a page that is seen asks every three seconds, a hidden one never, and one that is shown again at once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const page = new Page();
  let asked = 0;
  const asking = refreshing(async () => void (asked += 1), page);
  await settled();
  t.mock.timers.tick(3000);
  await settled();
  assert.equal(asked, 2);
  page.show(false);
  t.mock.timers.tick(60_000);
  assert.equal(asked, 2);
  page.show(true);
  await settled();
  assert.equal(asked, 3);
  asking.end();
  t.mock.timers.tick(60_000);
  page.show(true);
  asking.now(); // what was done there is answered when the page has been left
  await settled();
  assert.equal(asked, 3);
});

test("what was asked before is given up when it is asked anew", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const signals = [];
  const asking = refreshing(async (signal) => void signals.push(signal), new Page());
  asking.now();
  assert.deepEqual(signals.map(({ aborted }) => aborted), [true, false]);
  asking.end();
  assert.ok(signals[1].aborted);
});

test("a password is of 100 random bits, in groups", () => {
  const made = new Set(Array.from({ length: 50 }, password));
  assert.equal(made.size, 50);
  for (const each of made) assert.match(each, /^([0-9a-hjkmnp-tv-z]{5}-){3}[0-9a-hjkmnp-tv-z]{5}$/);
});

test("the acts are those of the audit", () => {
  const source = readFileSync(new URL("../../app/storage/records/audit.py", import.meta.url), "utf8");
  const theirs = [...source.matchAll(/^ {4}[A-Z_]+ = "(\w+)"/gm)].map(([, act]) => act);
  assert.deepEqual([...ACTS].sort(), theirs.sort());
});

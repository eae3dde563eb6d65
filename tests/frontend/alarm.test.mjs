import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Alarm } from "../../frontend/js/alarm/alarm.js";
import { Language } from "../../frontend/js/i18n/language.js";
import { measurement } from "./support/environment.mjs";

const EPOCH = 1_763_546_700;
const en = JSON.parse(readFileSync(new URL("../../frontend/js/i18n/en.json", import.meta.url), "utf8"));

function alarm({ on = true, now = EPOCH, turn = true } = {}) {
  const [calls, turns] = [[], []];
  const outlets = {
    ring: (urgent) => calls.push(["ring", urgent]),
    notify: (...words) => calls.push(["notify", ...words]),
    once: (what, run) => {
      turns.push(what);
      if (turn) run();
    },
  };
  return { calls, turns, alarm: new Alarm({ outlets, now: () => now, on, language: new Language("en", en) }) };
}

const alert = (members) => measurement(0, {
  type: "alert", severity: "critical", state: "raised", message: "CO2 haut", alert_id: "a1",
  quantity: "CO2", value: 1610, threshold: 1500, ...members,
});

test("an alert that is raised rings, and says where and what", () => {
  const made = alarm();
  made.alarm.hear(alert());
  assert.deepEqual(made.calls, [
    ["ring", true], ["notify", "Bureau, Maison", "CO₂ above 1,500 ppm\nCritical ongoing · CO₂ 1,610 ppm", "a1"],
  ]);
});

test("no call for information, for what was updated or resolved, for what is long past, or switched off", () => {
  for (const [members, options] of [
    [{ severity: "info" }], [{ state: "updated" }], [{ state: "resolved" }], [{}, { now: EPOCH + 61 }], [{}, { on: false }], [{}, { turn: false }],
  ]) {
    const made = alarm(options);
    made.alarm.hear(alert(members));
    assert.deepEqual(made.calls, []);
  }
});

test("tabs share the call for one alert; another one is called for all the same", () => {
  const made = alarm();
  for (const alert_id of ["a1", "a2", undefined]) made.alarm.hear(alert({ alert_id, position: "e-7" }));
  assert.deepEqual(made.turns, ["a1", "a2", "e-7"]);
});

/** Rules of alerts: as a form has them, in words, and as the gateway keeps them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { fieldsOf, ruleOf } from "../../frontend/js/alerts/rule-form.js";
import { conditionWords, durationWords, placeWords, quietWords } from "../../frontend/js/alerts/rule-words.js";
import { Rules } from "../../frontend/js/alerts/rules.js";
import { Language } from "../../frontend/js/i18n/language.js";

const fr = new Language("fr", JSON.parse(readFileSync(new URL("../../frontend/js/i18n/fr.json", import.meta.url), "utf8")));
const FULL = {
  id: "co2", quantity: "CO2", side: "above", threshold: 1200, severity: "critical", duration: 90, hysteresis: 50,
  enseigne: "Maison", salle: "Bureau", quiet: { begin: "22:00", end: "07:00", zone: "Europe/Paris" },
};

/** What a person leaves as it is. */
const untouched = (rule) => Object.fromEntries(fieldsOf(fr, rule).map(({ name, value = "", choices }) => [name, value || (choices ? Object.keys(choices)[0] : "")]));
const plain = (text) => text.replace(/\s/g, " ");

test("a rule that is opened and saved is the same", () => {
  assert.deepEqual(ruleOf(untouched(FULL), FULL, "UTC"), FULL);
  const least = { id: "x", quantity: "Radon", side: "below", threshold: -1.5, severity: "info", duration: 0, hysteresis: 0 };
  assert.deepEqual(ruleOf(untouched(least), least, "UTC"), least);
});

test("a new rule has an id of its own, and quiet hours by the clock of who writes it", () => {
  const values = { ...untouched(null), threshold: "900", minutes: "2.5", begin: "21:00", end: "06:00", enseigne: " Maison " };
  const rule = ruleOf(values, null, "Europe/Paris");
  assert.match(rule.id, /^[0-9a-f-]{36}$/);
  assert.equal(rule.duration, 150);
  assert.equal(rule.enseigne, "Maison");
  assert.deepEqual(rule.quiet, { begin: "21:00", end: "06:00", zone: "Europe/Paris" });
  assert.equal("salle" in rule, false);
  assert.equal("quiet" in ruleOf({ ...values, end: "" }, null, "UTC"), false);
});

test("a rule in words", () => {
  assert.equal(plain(conditionWords(fr, FULL)), "CO₂ au-dessus de 1 200 ppm");
  assert.equal(plain(conditionWords(fr, { quantity: "Temperature", side: "below", threshold: 16.5 })), "Température en dessous de 16,5 °C");
  assert.equal(conditionWords(fr, { quantity: "Radon", side: "above", threshold: 300 }), "Radon au-dessus de 300");
  assert.equal(durationWords(fr, FULL), "après 1,5 min");
  assert.equal(durationWords(fr, { ...FULL, duration: 0 }), "tout de suite");
  assert.equal(placeWords(fr, FULL), "Maison, Bureau");
  assert.equal(placeWords(fr, {}), "partout");
  assert.equal(quietWords(fr, FULL), "silence de 22:00 à 07:00");
});

test("a change is made on the version that was seen, and all rules go at once", async () => {
  const asked = [];
  const other = { ...FULL, id: "other" };
  const http = {
    get: async () => ({ rules: [FULL, other], own: false, version: 0 }),
    act: async (...words) => {
      asked.push(words);
      return { rules: words[3].rules, own: true, version: asked.length };
    },
  };
  const rules = new Rules(http);
  await rules.load();
  await rules.put({ ...FULL, threshold: 1000 });
  await rules.put({ ...FULL, id: "new" });
  await rules.remove("other");
  assert.deepEqual(asked.map(([method, path, , , headers]) => [method, path, headers]), [
    ["PUT", "/api/alerts/rules", { "If-None-Match": "*" }],
    ["PUT", "/api/alerts/rules", { "If-Match": '"1"' }],
    ["PUT", "/api/alerts/rules", { "If-Match": '"2"' }],
  ]);
  assert.deepEqual(rules.all.map(({ id, threshold }) => [id, threshold]), [["co2", 1000], ["new", 1200]]);
  assert.equal(rules.own, true);
});

test("what a colleague changes while a form is open is loaded, and not undone by the form", async () => {
  let version = 1;
  const asked = [];
  const http = { get: async () => ({ rules: [FULL], own: true, version }), act: async (...words) => asked.push(words[4]) && { rules: [], own: true, version } };
  const rules = new Rules(http);
  await rules.load();
  const { seen } = rules;
  version = 2;
  await rules.load();
  await rules.put({ ...FULL, threshold: 1000 }, seen);
  assert.deepEqual(asked, [{ "If-Match": '"1"' }]);
});

/** What has to agree: dictionaries, thresholds, vendored files, the documented snippets, the policy. */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

import { Language, chooseLanguage } from "../../frontend/js/i18n/language.js";
import { LEVELS, QUANTITIES, bands, levelOf, subScore, target } from "../../frontend/js/iaq/quantities.js";
import { CLOSES } from "../../frontend/js/transport/closes.js";
import { WebSocketManager } from "../../frontend/js/websocket-manager.js";
import { connected, measurement } from "./support/environment.mjs";

const root = fileURLToPath(new URL("../../", import.meta.url));
const read = (path) => readFileSync(root + path, "utf8");
const dictionary = (code) => JSON.parse(read(`frontend/js/i18n/${code}.json`));
const files = (folder, ending) =>
  readdirSync(root + folder, { recursive: true }).filter((name) => name.endsWith(ending)).map((name) => `${folder}/${name}`);

const [fr, en] = ["fr", "en"].map(dictionary);

test("both dictionaries have the same words and the same gaps", () => {
  const gaps = (entry) => [...JSON.stringify(entry).matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  assert.deepEqual(Object.keys(en).sort(), Object.keys(fr).sort());
  for (const key of Object.keys(fr)) assert.deepEqual([...new Set(gaps(en[key]))], [...new Set(gaps(fr[key]))], key);
});

test("every word the pages ask for is there, and no other", () => {
  const sources = [...files("frontend/js", ".js"), ...files("frontend", ".html")].map(read).join("\n");
  const asked = [...sources.matchAll(/\bt\("([\w.]+)"/g)].map(([, key]) => key);
  assert.ok(asked.length > 30);
  for (const key of asked) assert.ok(key in fr, key);
  // Whole, or by what it begins with: `status.${status}`, name("action", …).
  const whole = new Set([...sources.matchAll(/"([\w]+(?:\.\w+)*)"/g)].map(([, key]) => key));
  const begun = [...sources.matchAll(/`([\w.]+\.)\$\{/g), ...sources.matchAll(/\bname\("([\w.]+)"/g)].map(([, prefix]) => prefix);
  for (const key of Object.keys(fr)) {
    assert.ok(whole.has(key) || begun.some((prefix) => key.startsWith(prefix)), `nobody says ${key}`);
  }
});

test("French first", () => {
  assert.equal(chooseLanguage([]), "fr");
  assert.equal(chooseLanguage(["de-DE", "en-GB", "fr"]), "en");
  assert.equal(chooseLanguage(["fr-CA", "en"]), "fr");
  assert.equal(new Language("fr", fr).age(4.2).replace(/\s/g, " "), "il y a 4 s");
  assert.match(new Language("en", en).age(4.2), /^4 ?s.* ago$/);
  assert.equal(new Language("fr", fr).name("state", "half_open"), "half open");
});

test("thresholds are those of the gateway's profile", () => {
  const source = read("app/iaq/thresholds.py");
  for (const { name, points } of QUANTITIES) {
    const constant = name === "PM25" || name === "TVOC" || name === "CO2" ? name : name.toUpperCase();
    const scale = source.split(`${constant}.name: Scale(`)[1].split("Scale(")[0];
    const theirs = [...scale.matchAll(/Point\(([\d.]+), ([\d.]+),/g)].map(([, at, score]) => [Number(at), Number(score)]);
    assert.deepEqual(points, theirs, name);
  }
  const levels = [...read("app/iaq/score.py").matchAll(/\((\d+), "(\w+)"\)/g)].map(([, least, level]) => [Number(least), level]);
  assert.deepEqual(LEVELS, levels);
});

test("a sub-score lies on its scale", () => {
  const [co2] = QUANTITIES;
  assert.equal(subScore(co2, 300), 100);
  assert.equal(subScore(co2, 600), 85);
  assert.equal(subScore(co2, 9000), 0);
  assert.equal(levelOf(0), "very_poor");
  assert.deepEqual(bands(co2), [
    { from: 800, to: 1200, level: "moderate" },
    { from: 1200, to: 1500, level: "poor" },
    { from: 1500, to: Infinity, level: "very_poor" },
  ]);
});

test("what is good, between the scores of 70", () => {
  assert.deepEqual(QUANTITIES.map(target), [
    { from: null, to: 800 }, { from: null, to: 15 }, { from: null, to: 1 }, { from: 20, to: 26 }, { from: 25, to: 66 },
  ]);
});

test("vendored files are those of their release", () => {
  for (const line of read("frontend/vendor/SHA256SUMS").trim().split("\n")) {
    const [sum, path] = line.split(/\s+/);
    assert.equal(createHash("sha256").update(readFileSync(`${root}frontend/vendor/${path}`)).digest("hex"), sum, path);
  }
});

test("the pages differ by what they say they are and by what they load first, in nothing else", () => {
  const own = /<title>.*<\/title>|<meta name="description" .*>|data-page="\w+"|<link rel="modulepreload" href="js\/\w+\/page\.js">/g;
  const [first, ...others] = files("frontend", ".html");
  const common = (page) => read(page).replace(own, "…");
  assert.equal(read(first).match(own)?.length, 4);
  for (const page of others) assert.equal(common(page), common(first), page);
});

test("no inline script or style, nothing from elsewhere", () => {
  for (const file of files("frontend", ".html")) {
    const html = read(file);
    assert.doesNotMatch(html, /<script(?![^>]*\bsrc=)/, file);
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|https?:/, file);
  }
  for (const file of files("frontend/js", ".js")) {
    assert.doesNotMatch(read(file), /innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function|setAttribute\("style"/, file);
  }
});

test("no token is ever stored", () => {
  for (const file of files("frontend/js", ".js").filter((name) => !name.endsWith("preferences.js"))) {
    assert.doesNotMatch(read(file), /localStorage|sessionStorage|indexedDB|document\.cookie/, file);
  }
});

test("nothing is kept on a device but pages and what was last known", () => {
  const keepers = ["frontend/js/live/last-known.js"];
  for (const file of files("frontend/js", ".js").filter((name) => !keepers.includes(name))) {
    assert.doesNotMatch(read(file), /\bcaches\b/, file);
  }
});

test("every page is kept for when there is no network", () => {
  const kept = read("frontend/sw.js");
  for (const page of files("frontend", ".html")) assert.ok(kept.includes(`"${page.slice("frontend".length)}"`), page);
  for (const code of ["fr", "en"]) assert.ok(kept.includes(`"/js/i18n/${code}.json"`));
});

test("the pages import what the description says they import", () => {
  for (const page of ["index.html", "digital-twin.html"]) {
    assert.match(read(`frontend/${page}`), /<script type="module" src="js\/websocket-manager\.js"><\/script>/);
  }
  assert.ok(read("frontend/js/charts.js").includes(
    "// Mode WebSocket: si true, utilise WebSocket temps réel au lieu du polling HTTP\nconst USE_WEBSOCKET = true;",
  ));
});

test("the documented client is there: methods, events, actions", async () => {
  const page = read("docs/clients.md");
  const named = [...page.matchAll(/`(\w+)(?:\([\w, ]*\))?`/g)].map(([, name]) => name);
  const members = Object.getOwnPropertyNames(WebSocketManager.prototype).filter((name) => name !== "constructor");
  for (const member of members) assert.ok(named.includes(member), member);
  const { manager } = await connected();
  for (const [, event] of page.matchAll(/manager\.on\("(\w+)"/g)) manager.on(event, () => {});
  for (const action of new Set(Object.values(CLOSES).map((row) => row.action))) assert.ok(named.includes(action), action);
});

test("the documented console snippets, word for word", async (t) => {
  const { manager, peer } = await connected();
  const window = { wsManager: manager };
  const warned = t.mock.method(console, "warn", () => {});
  const logged = t.mock.method(console, "log", () => {});

  window.wsManager.on('error', () => {
    console.warn('⚠️ WebSocket erreur, fallback sur polling HTTP');
    // Démarre automatiquement le polling HTTP toutes les 3s
  });
  console.log('WebSocket connecté:', window.wsManager.isConnectionActive());
  window.wsManager.on('measurements', (data) => {
    console.log('📊 Nouvelle mesure reçue:', data);
  });
  assert.equal(window.wsManager.isConnected, true);
  assert.deepEqual(window.wsManager.subscriptions, ["all"]);

  const message = measurement(1);
  peer.socket.says(message);
  assert.deepEqual(logged.mock.calls.map((call) => call.arguments), [
    ["WebSocket connecté:", true], ["📊 Nouvelle mesure reçue:", message],
  ]);
  peer.socket.fails();
  assert.equal(warned.mock.callCount(), 1);
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { ApiError } from "../../frontend/js/transport/http.js";
import { joined, means, stepOf } from "../../frontend/js/live/means.js";
import { Series } from "../../frontend/js/live/series.js";
import { Store } from "../../frontend/js/live/store.js";
import { Past } from "../../frontend/js/live/past.js";
import { measurement, settled } from "./support/environment.mjs";

const EPOCH = 1_763_546_700;
const WEEK = { seconds: 604_800, steps: [3600] };
const DAY = { seconds: 86_400, steps: [300] };
const LAST_HOUR = { seconds: 3600, steps: [] };

function series(...points) {
  const made = new Series();
  for (const [at, CO2] of points) made.insert({ at, values: { CO2 }, score: null });
  return made;
}

describe("means", () => {
  test("one for each step that has points; what was not measured is left out", () => {
    const found = means(series([0, 100], [310, 400], [320, 500], [330, null], [900, null]), 300, 300);
    assert.deepEqual(found.map(({ at, values }) => [at, values.CO2]), [[300, 450], [900, null]]);
    assert.equal(stepOf(599.9, 300), 300);
  });

  test("the gateway's up to the edge, ours from there on: every point in one of them", () => {
    const past = new Map([["a", [{ at: 0, values: { CO2: 1 }, score: null }]], ["gone", [{ at: 0, values: { CO2: 2 }, score: null }]]]);
    const both = joined(past, new Map([["a", series([299, 9], [300, 10], [301, 20])]]), 300, 300);
    assert.deepEqual([both.get("a").times, both.get("a").columns.CO2], [[0, 300], [1, 15]]);
    assert.deepEqual(both.get("gone").columns.CO2, [2]);
  });
});

describe("the past of a room", () => {
  function page({ answer = () => [] } = {}) {
    const asked = [];
    const store = new Store();
    store.apply(measurement(0));
    const [room] = store.rooms.values();
    let changes = 0;
    const api = {
      history: async (query) => {
        asked.push(query);
        return answer(query);
      },
    };
    const past = new Past({ api, store, changed: () => (changes += 1) });
    const sensors = (range, now = EPOCH) => past.sensors(room, range, [now - range.seconds, now], now);
    return { asked, store, past, sensors, changes: () => changes };
  }

  test("a short range: every point, into the store, once asked for", async () => {
    const made = page({ answer: () => [measurement(-60), measurement(0)] });
    made.sensors(LAST_HOUR);
    made.sensors(LAST_HOUR);
    await settled();
    assert.deepEqual(made.asked, [{ enseigne: "Maison", salle: "Bureau", start: new Date((EPOCH - 3600) * 1000).toISOString() }]);
    assert.equal(made.changes(), 1);
    assert.deepEqual(made.sensors(LAST_HOUR, EPOCH + 4000).get("bureau1").times, [EPOCH - 60, EPOCH]);
    assert.equal(made.asked.length, 1);
  });

  test("a long range: means up to the last whole step, every point since", async () => {
    const edge = stepOf(EPOCH, 3600);
    const hour = { ...measurement(0), timestamp: new Date((edge - 3600) * 1000).toISOString(), values: { CO2: 500 } };
    const made = page({ answer: ({ step }) => (step ? [hour] : [measurement(0)]) });
    made.sensors(WEEK);
    await settled();
    assert.deepEqual(made.asked.map(({ start, end, step }) => [Date.parse(start) / 1000, end && Date.parse(end) / 1000, step]), [
      [edge, undefined, undefined], [edge - 604_800, edge, "hourly"],
    ]);
    assert.deepEqual(made.sensors(WEEK).get("bureau1").columns.CO2, [500, 600]);
  });

  test("a year: days, then today's hours, then every point since", async () => {
    const made = page();
    made.sensors({ seconds: 31_536_000, steps: [86_400, 3600] });
    await settled();
    const [today, hour] = [stepOf(EPOCH, 86_400), stepOf(EPOCH, 3600)];
    assert.deepEqual(made.asked.map(({ start, end, step }) => [Date.parse(start) / 1000, end && Date.parse(end) / 1000, step]), [
      [hour, undefined, undefined], [stepOf(EPOCH - 31_536_000, 86_400), today, "daily"], [today, hour, "hourly"],
    ]);
  });

  test("means are asked for again every five minutes, and soon when a backlog came", async () => {
    const made = page();
    made.sensors(DAY);
    await settled();
    made.past.outdate();
    made.sensors(DAY, EPOCH + 1);
    await settled();
    assert.equal(made.asked.length, 2);
    made.sensors(DAY, EPOCH + 3);
    await settled();
    assert.equal(made.asked.length, 4);
    made.sensors(DAY, EPOCH + 302);
    await settled();
    assert.equal(made.asked.length, 4);
    made.sensors(DAY, EPOCH + 303);
    await settled();
    assert.equal(made.asked.length, 6);
  });

  test("what failed is asked for again, not sooner than the gateway says", async () => {
    let fails = true;
    const made = page({
      answer: () => {
        if (fails) throw new ApiError(429, {}, 20);
        return [];
      },
    });
    made.sensors(LAST_HOUR);
    await settled();
    fails = false;
    made.sensors(LAST_HOUR, EPOCH + 19);
    assert.equal(made.asked.length, 1);
    made.sensors(LAST_HOUR, EPOCH + 20);
    assert.equal(made.asked.length, 2);
  });

  test("an answer for who signed out meanwhile is dropped", async () => {
    const made = page({ answer: () => [measurement(-60)] });
    made.sensors(LAST_HOUR);
    made.past.clear();
    await settled();
    assert.equal([...made.store.rooms.values()][0].sensors.get("bureau1").times.length, 1);
  });
});

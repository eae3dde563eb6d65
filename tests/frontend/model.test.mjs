import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { QUANTITIES } from "../../frontend/js/iaq/quantities.js";
import { timeWindow, verticalRange, withGaps } from "../../frontend/js/charts/chart-data.js";
import { openAlert } from "../../frontend/js/rooms/open-alert.js";
import { overview } from "../../frontend/js/rooms/overview.js";
import { MINUTES, recent, trend } from "../../frontend/js/rooms/recent.js";
import { roomState } from "../../frontend/js/rooms/room-state.js";
import { Series } from "../../frontend/js/live/series.js";
import { MAX_ALERTS, MAX_EVENTS, MAX_SENSORS, Store, roomKey } from "../../frontend/js/live/store.js";
import { measurement } from "./support/environment.mjs";

const point = (at, CO2 = 600) => ({ at, values: { CO2 }, score: 85 });
const EPOCH = 1_763_546_700;

describe("series", () => {
  test("every time once, in order, however they come", () => {
    const series = new Series();
    for (const at of [5, 1, 3, 3, 9, 1]) series.insert(point(at, at * 100));
    assert.deepEqual(series.times, [1, 3, 5, 9]);
    assert.deepEqual(series.columns.CO2, [100, 300, 500, 900]);
    assert.deepEqual(series.columns.PM25, [null, null, null, null]);
    assert.equal(series.insert(point(9)), false);
  });

  test("the oldest are forgotten at the bound", () => {
    const series = new Series(10);
    for (let at = 0; at < 100; at += 1) series.insert(point(at));
    assert.ok(series.times.length <= 10);
    assert.equal(series.last?.at, 99);
    assert.equal(series.scores.length, series.times.length);
  });
});

describe("store", () => {
  test("the documented message", () => {
    const store = new Store();
    const documented = {
      type: "measurement", timestamp: "2025-11-19T10:05:00Z", sensor_id: "bureau1", enseigne: "Maison", salle: "Bureau",
      values: { CO2: 645, PM25: 12, TVOC: 0.2, Temperature: 22.3, Humidity: 45 },
      co2: 645, pm25: 12, tvoc: 0.2, temperature: 22.3, humidity: 45, global_score: 85,
    };
    assert.equal(store.apply(documented), true);
    assert.equal(store.apply(documented), false);
    const room = store.rooms.get(roomKey(documented));
    assert.deepEqual(room.sensors.get("bureau1").last, {
      at: Date.parse("2025-11-19T10:05:00Z") / 1000, score: 85,
      values: { CO2: 645, PM25: 12, TVOC: 0.2, Temperature: 22.3, Humidity: 45 },
    });
  });

  test("sensors are bounded, and a room without any is gone", () => {
    const store = new Store();
    for (let i = 0; i <= MAX_SENSORS; i += 1) store.apply(measurement(i, { sensor_id: `s${i}`, salle: `r${i}` }));
    assert.equal(store.rooms.size, MAX_SENSORS);
    assert.ok(!store.rooms.has(roomKey({ enseigne: "Maison", salle: "r0" })));
  });

  test("events are bounded, newest first, whatever the order they come in", () => {
    const store = new Store();
    for (const n of [3, 1, 2]) store.apply(measurement(n, { type: "alert" }));
    assert.deepEqual(store.events.map(({ position }) => position), ["e1.3", "e1.2", "e1.1"]);
    for (let i = 0; i < MAX_EVENTS + 5; i += 1) store.apply(measurement(i, { type: "action" }));
    assert.equal(store.events.length, MAX_EVENTS);
  });

  test("a module has the state of its latest message", () => {
    const store = new Store();
    const module = (n, state) => ({ ...measurement(n), type: "module", module_id: "w", kind: "window", state });
    store.apply(module(2, "open"));
    store.apply(module(1, "closed"));
    const [room] = store.rooms.values();
    assert.equal(room.modules.get("w").state, "open");
  });

  test("a time that is none is left out", () => {
    assert.equal(new Store().apply(measurement(1, { timestamp: "yesterday" })), false);
  });
});

describe("the last hour", () => {
  test("a mean a minute over all sensors, null where nothing was measured", () => {
    const [a, b] = [new Series(), new Series()];
    for (const at of [-3600, -59, -1]) a.insert(point(at, 500));
    b.insert(point(-30, 800));
    const values = recent([a, b], "CO2", 0);
    assert.equal(values.length, MINUTES);
    assert.equal(values[0], 500);
    assert.equal(values.at(-1), 600);
    assert.equal(values.filter((value) => value !== null).length, 2);
  });

  test("where it is heading: a quarter of the span in twenty minutes is news", () => {
    const line = (perMinute) => Array.from({ length: MINUTES }, (_, minute) => 600 + perMinute * minute);
    assert.deepEqual([5, -5, 3, -3].map((each) => trend(line(each), 300)), ["rising", "falling", "steady", "steady"]);
    assert.equal(trend(line(5).map((value, minute) => (minute % 10 ? null : value)), 300), "rising");
    assert.equal(trend(line(5).fill(null, 1), 300), null);
  });
});

describe("a room's alert", () => {
  const alert = (at, members) => measurement(at, { type: "alert", severity: "warning", state: "raised", ...members });
  const shown = (...alerts) => {
    const store = new Store();
    for (const message of [measurement(0), ...alerts]) store.apply(message);
    return openAlert([...store.rooms.values()][0]);
  };

  test("the most severe that is not resolved, and no mere information", () => {
    const [a, b] = [alert(1, { alert_id: "a" }), alert(2, { alert_id: "b", severity: "critical" })];
    assert.equal(shown(b, a), b);
    assert.equal(shown(a, b, alert(3, { alert_id: "b", state: "resolved" })), a);
    assert.equal(shown(alert(1, { severity: "info" })), null);
  });

  test("its latest state by its time, not by its arrival", () => {
    assert.equal(shown(alert(3, { alert_id: "a", state: "resolved" }), alert(1, { alert_id: "a" })), null);
  });

  test("stands when the room is heard of after it, as with a sensor that fell silent", () => {
    const store = new Store();
    const [raised, updated] = [alert(1, { alert_id: "a" }), alert(2, { alert_id: "a", state: "updated" })];
    for (const message of [raised, updated, alert(3, { alert_id: "b", salle: "Salon" }), measurement(0)]) store.apply(message);
    assert.equal(openAlert([...store.rooms.values()][0]), updated);
  });

  test("bounded", () => {
    const store = new Store();
    store.apply(measurement(0));
    for (let n = 0; n < 100; n += 1) store.apply(alert(n, { alert_id: `${n}` }));
    assert.equal([...store.rooms.values()][0].alerts.size, MAX_ALERTS);
  });
});

describe("a room's state", () => {
  const roomOf = (...messages) => {
    const store = new Store();
    for (const message of messages) store.apply(message);
    return [...store.rooms.values()][0];
  };

  test("the last value and its age", () => {
    const state = roomState(roomOf(measurement(0), measurement(10)), EPOCH + 14);
    assert.equal(state.age, 4);
    assert.equal(state.stale, false);
    assert.equal(state.level, "good");
    assert.deepEqual(state.quantities.CO2, { value: 610, level: "good" });
    assert.equal(state.quantities.PM25, null);
  });

  test("a value older than a minute is old", () => {
    assert.equal(roomState(roomOf(measurement(0)), EPOCH + 60).stale, false);
    assert.equal(roomState(roomOf(measurement(0)), EPOCH + 61).stale, true);
  });

  test("a sensor that speaks seldom is given three of its intervals", () => {
    const seldom = [0, 600, 1200, 1800].map((at) => measurement(at));
    assert.equal(roomState(roomOf(...seldom), EPOCH + 3600).stale, false);
    assert.equal(roomState(roomOf(...seldom), EPOCH + 3601).stale, true);
  });

  test("what the gateway says of a sensor counts until it speaks again", () => {
    const told = (at, state) => measurement(at, { type: "module", kind: "sensor", module_id: "bureau1", state, interval: 5 });
    assert.equal(roomState(roomOf(measurement(0), told(10, "stale")), EPOCH + 12).stale, true);
    assert.equal(roomState(roomOf(measurement(0), told(10, "offline"), measurement(11)), EPOCH + 12).stale, false);
    assert.equal(roomState(roomOf(measurement(0), told(10, "online")), EPOCH + 61).stale, true);
  });

  test("several sensors: how many are silent", () => {
    const room = roomOf(measurement(0, { sensor_id: "a" }), measurement(100, { sensor_id: "b" }));
    assert.equal(roomState(room, EPOCH + 100).silent, 1);
  });

  test("several sensors: the mean of those that still speak", () => {
    const messages = [measurement(0, { sensor_id: "a" }), measurement(100, { sensor_id: "b" }), measurement(100, { sensor_id: "c", values: { CO2: 800 } })];
    assert.equal(roomState(roomOf(...messages), EPOCH + 100).quantities.CO2.value, 750);
  });

  test("a returning sensor's backlog is in the series and never the current value", () => {
    const room = roomOf(measurement(10), measurement(5, { backlog: true }), measurement(12, { backlog: true }));
    assert.deepEqual(room.sensors.get("bureau1").times, [5, 10, 12].map((n) => EPOCH + n));
    assert.equal(roomState(room, EPOCH + 14).quantities.CO2.value, 610);
    assert.equal(roomState(room, EPOCH + 14).stale, false);
  });

  test("a room that has sent nothing but a backlog shows it as old", () => {
    const state = roomState(roomOf(measurement(5, { backlog: true })), EPOCH + 6);
    assert.equal(state.stale, true);
    assert.equal(state.quantities.CO2.value, 605);
  });

  test("the current value is the newest by its time, not by its arrival", () => {
    assert.equal(roomState(roomOf(measurement(10), measurement(5)), EPOCH + 14).quantities.CO2.value, 610);
  });

  test("a clock that runs ahead makes no negative age", () => {
    assert.equal(roomState(roomOf(measurement(10)), EPOCH).age, 0);
  });
});

describe("the overview", () => {
  const room = (salle, score, stale = false, alerts = []) => ({
    salle,
    state: { at: 1, age: 0, stale, score, level: "", quantities: {} },
    room: { alerts: new Map(alerts.map((alert) => [alert.state, { timestamp: "2026-01-01T00:00:00Z", ...alert }])) },
  });

  test("what needs a person comes first, worst first", () => {
    const found = overview([room("A", 80), room("B", 45), room("C", 20), room("D", 60)]);
    assert.deepEqual([found.verdict, found.rooms], ["act", ["C", "B"]]);
  });

  test("old values decide nothing, good or bad", () => {
    assert.equal(overview([room("A", 10, true), room("B", 95)]).verdict, "excellent");
    assert.equal(overview([room("A", 95, true)]).verdict, "stale");
    assert.equal(overview([room("A", 95, true), room("B", 95)]).stale, 1);
  });

  test("a room with an open alert is named, however good its mean is", () => {
    const alert = { severity: "warning", state: "raised" };
    const found = overview([room("A", 95), room("B", 76, false, [alert]), room("C", 65)]);
    assert.deepEqual([found.verdict, found.rooms], ["watch", ["C", "B"]]);
    for (const over of [{ ...alert, state: "resolved" }, { ...alert, severity: "info" }]) {
      assert.equal(overview([room("A", 95, false, [over])]).verdict, "excellent");
    }
  });

  test("each word", () => {
    assert.equal(overview([]).verdict, "waiting");
    assert.equal(overview([room("A", 69)]).verdict, "watch");
    assert.equal(overview([room("A", 89), room("B", 100)]).verdict, "good");
    assert.equal(overview([room("A", 90)]).verdict, "excellent");
  });
});

describe("chart data", () => {
  const series = (...times) => {
    const made = new Series();
    for (const at of times) made.insert(point(at));
    return made;
  };

  test("a gap is a gap", () => {
    const [times, values] = withGaps(series(0, 5, 10, 100, 105), "CO2", 0);
    assert.deepEqual(times, [0, 5, 10, 55, 100, 105]);
    assert.deepEqual(values, [600, 600, 600, null, 600, 600]);
  });

  test("a slow sensor has no gaps between its points", () => {
    assert.equal(withGaps(series(0, 600, 1200, 1800), "CO2", 0)[0].length, 4);
  });

  test("a sensor that changes its pace has no gap for it", () => {
    const paced = series(0, 30, 60, 90, 120, 153, ...Array.from({ length: 40 }, (_, i) => 156 + 3 * i));
    assert.equal(withGaps(paced, "CO2", 0)[0].length, 46);
  });

  test("a lonely point between two gaps is lonely", () => {
    assert.equal(withGaps(series(0, 3, 6, 9, 600, 1100, 1103, 1106, 1109), "CO2", 0)[0].length, 11);
  });

  test("only what is in the window", () => {
    assert.deepEqual(withGaps(series(1, 2, 3), "CO2", 2)[0], [2, 3]);
    assert.deepEqual(withGaps(series(), "CO2", 0), [[], []]);
  });

  test("the window ends now, or where an old recording ends", () => {
    assert.deepEqual(timeWindow(990, 1000, 100), [900, 1000]);
    assert.deepEqual(timeWindow(500, 1000, 100), [400, 500]);
    assert.deepEqual(timeWindow(null, 1000, 100), [900, 1000]);
  });

  test("noise does not fill the chart, and nothing goes below zero that was not", () => {
    assert.deepEqual(verticalRange(600, 604, 300), [452, 752]);
    assert.deepEqual(verticalRange(1, 2, 8), [0, 8]);
    assert.ok(verticalRange(-5, 2, 3)[0] < -5);
    for (const { span } of QUANTITIES) assert.ok(span > 0);
  });
});

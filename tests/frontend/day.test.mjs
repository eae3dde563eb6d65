/** A page that is open for a day: what it holds stops growing. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { MAX_POINTS } from "../../frontend/js/live/series.js";
import { MAX_ALERTS, MAX_EVENTS, Store } from "../../frontend/js/live/store.js";
import { Cursor, REMEMBERED } from "../../frontend/js/transport/cursor.js";
import { measurement } from "./support/environment.mjs";

const DAY = 86_400;
const KINDS = ["alert", "action", "prediction", "module"];

test("a day of measurements and events in bounded memory", () => {
  const [store, cursor] = [new Store(), new Cursor()];
  let seen = 0;
  for (let second = 0; second < DAY; second += 5) {
    for (const salle of ["Bureau", "Salon"]) {
      const message = measurement(second, { salle, sensor_id: salle, position: `e1.${(seen += 1)}` });
      if (cursor.live(message.position)) store.apply(message);
    }
    if (second % 60 === 0) {
      const type = KINDS[(second / 60) % KINDS.length];
      const event = measurement(second, { type, alert_id: `a${second}`, module_id: "w1", position: `e1.${(seen += 1)}` });
      if (cursor.live(event.position)) store.apply(event);
    }
  }
  const rooms = [...store.rooms.values()];
  assert.equal(rooms.length, 2);
  for (const { sensors, alerts, modules } of rooms) {
    assert.ok([...sensors.values()].every(({ times }) => times.length <= MAX_POINTS && times.length > MAX_POINTS / 2));
    assert.ok(alerts.size <= MAX_ALERTS && modules.size <= 1);
  }
  assert.equal(store.events.length, MAX_EVENTS);
  assert.ok(seen > REMEMBERED);
  assert.equal(cursor.admit(`e1.${seen - REMEMBERED - 10}`), true); // forgotten
});

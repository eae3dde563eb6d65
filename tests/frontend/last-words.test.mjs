import assert from "node:assert/strict";
import { test } from "node:test";

import { lastWords } from "../../frontend/js/live/last-words.js";
import { measurement } from "./support/environment.mjs";

test("of each sensor that nothing is known of, its last measurement, twenty of them at most", async () => {
  const asked = [];
  const days = Array.from({ length: 30 }, (_, n) => measurement(n, { sensor_id: `s${n}` }));
  const api = {
    history: async (query) => {
      asked.push(query);
      return query.step ? [...days] : [measurement(100, { sensor_id: query.sensor_id })];
    },
  };
  const found = await lastWords(api, (sensor) => sensor === "s29");
  assert.deepEqual(found.map(({ sensor_id }) => sensor_id), days.slice(9, 29).reverse().map(({ sensor_id }) => sensor_id));
  assert.deepEqual(asked[1], { sensor_id: "s28", enseigne: "Maison", salle: "Bureau", hours: 720, limit: 1 });
});

/** The digital twin's geometry: a plan by itself, walls and their openings, a place for everything. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { Drift, MOST_POINTS, density, freshness } from "../../frontend/js/twin/air.js";
import { KINDS, begun, named, shifted, stretched, withFixture, withRoom, without } from "../../frontend/js/twin/edits.js";
import { layOut } from "../../frontend/js/twin/layout.js";
import { placed } from "../../frontend/js/twin/placing.js";
import { GRID, MOST_FIXTURES, MOST_ROOMS, extent, overlap, withTheRest } from "../../frontend/js/twin/plan.js";
import { sourcesIn } from "../../frontend/js/twin/sources.js";
import { openingOf, outside, sidesOf, wallsOf } from "../../frontend/js/twin/walls.js";

const names = (count) => Array.from({ length: count }, (_, i) => `Salle ${i}`);
const BUREAU = { salle: "Bureau", x: 0, y: 0, width: 10, height: 8 };
const SALON = { salle: "Salon", x: 10, y: 0, width: 10, height: 8 };

test("a plan by itself: every room once, none over another, all on the grid, each with a door", () => {
  for (let count = 1; count <= MOST_ROOMS; count += 1) {
    for (const perRow of [2, 3, 5]) {
      const { rooms, fixtures } = layOut(names(count), perRow);
      assert.deepEqual(rooms.map(({ salle }) => salle), names(count));
      assert.ok(!rooms.some((a, i) => rooms.slice(i + 1).some((b) => overlap(a, b))));
      assert.equal(fixtures.length, count);
      const { width, height } = extent(rooms);
      assert.ok(width <= GRID && (perRow < 5 || height <= GRID * 1.2));
    }
  }
  assert.deepEqual(layOut([], 3), { rooms: [], fixtures: [] });
});

test("rows of one plan are as wide as each other", () => {
  const { rooms } = layOut(names(5), 3);
  const rows = Map.groupBy(rooms, ({ y }) => y);
  assert.deepEqual([...rows.values()].map((row) => row.length), [3, 2]);
  assert.deepEqual([...rows.values()].map((row) => extent(row).width), [36, 36]);
});

test("a room that nobody drew stands below those that somebody did", () => {
  const plan = withTheRest({ rooms: [BUREAU], fixtures: [] }, ["Bureau", "Salon", "Chambre"]);
  assert.deepEqual(plan.rooms.map(({ salle }) => salle), ["Bureau", "Salon", "Chambre"]);
  assert.ok(plan.rooms.slice(1).every(({ y }) => y > BUREAU.height));
  assert.ok(!plan.rooms.some((a, i) => plan.rooms.slice(i + 1).some((b) => overlap(a, b))));
  const whole = { rooms: [BUREAU], fixtures: [] };
  assert.equal(withTheRest(whole, ["Bureau"]), whole);
});

test("a window stands in the nearest wall, and not across its corner", () => {
  const inTheRoom = openingOf([BUREAU], { kind: "window", x: 4, y: 1 });
  assert.deepEqual(inTheRoom, { vertical: false, at: 0, from: 2.5, to: 5.5, inward: 1 });
  const atTheCorner = openingOf([BUREAU], { kind: "door", x: 10, y: 8.2 });
  assert.ok(atTheCorner.to < 10 && atTheCorner.from >= 0);
  const narrow = openingOf([{ ...BUREAU, width: 2, height: 2 }], { kind: "window", x: 1, y: 0 });
  assert.ok(narrow.to - narrow.from < 2);
  assert.equal(openingOf([], { kind: "door", x: 1, y: 1 }), null);
});

test("a door between two rooms is a gap in the walls of both", () => {
  const door = openingOf([BUREAU, SALON], { kind: "door", x: 10, y: 4 });
  const between = wallsOf([BUREAU, SALON], [door]).filter(({ vertical, at }) => vertical && at === 10);
  assert.deepEqual(between.map(({ from, to }) => [from, to]), [[0, 3], [5, 8], [0, 3], [5, 8]]);
  assert.equal(wallsOf([BUREAU], []).length, 4);
});

test("outside is where no room is behind the wall", () => {
  const free = (room, rooms) => sidesOf(room).filter((side) => outside(side, rooms)).length;
  assert.equal(free(BUREAU, [BUREAU, SALON]), 3);
  assert.equal(free(BUREAU, [BUREAU]), 4);
});

test("what nobody placed has a place: windows in a free wall, the rest in the room", () => {
  const things = [{ id: "w1", kind: "window" }, { id: "w2", kind: "window" }, { id: "v", kind: "ventilation" }];
  const door = { kind: "door", x: 5, y: 0 };
  const fixtures = placed({ rooms: [BUREAU, SALON], fixtures: [door] }, [{ salle: "Bureau", things }]);
  assert.deepEqual(fixtures.map(({ kind }) => kind), ["door", "window", "window", "ventilation"]);
  assert.deepEqual(fixtures.slice(1, 3).map(({ y }) => y), [8, 8]);
  const [, , , { x, y }] = fixtures;
  assert.ok(x > 0 && x < 10 && y > 0 && y < 8);
});

test("what somebody placed stays there, and a door without a name is the one that is known", () => {
  const plan = { rooms: [BUREAU], fixtures: [{ kind: "purifier", x: 3, y: 3, id: "p" }, { kind: "door", x: 4, y: 8 }] };
  const things = [{ id: "p", kind: "purifier" }, { id: "d", kind: "door" }];
  assert.deepEqual(placed(plan, [{ salle: "Bureau", things }]), [plan.fixtures[0], { kind: "door", x: 4, y: 8, id: "d" }]);
  assert.equal(plan.fixtures[1].id, undefined);
});

test("bounds are those of the gateway", () => {
  const source = readFileSync(new URL("../../app/domain/plan.py", import.meta.url), "utf8");
  for (const [name, value] of Object.entries({ GRID, MOST_ROOMS, MOST_FIXTURES })) {
    assert.ok(source.includes(`${name} = ${value}\n`), name);
  }
});

const room = (index) => ({ of: "rooms", index });
const fixture = (index) => ({ of: "fixtures", index });
const LAMP = { kind: "purifier", x: 3, y: 3 };
const HOME = { rooms: [BUREAU, SALON], fixtures: [LAMP, { kind: "door", x: 10, y: 4 }, { kind: "window", x: 20, y: 4 }] };

test("a room takes along what stands in it alone, and stays on the grid", () => {
  const moved = shifted(HOME, room(0), 2, 1);
  assert.deepEqual([moved.rooms[0].x, moved.rooms[0].y], [2, 1]);
  assert.deepEqual(moved.fixtures[0], { ...LAMP, x: 5, y: 4 });
  assert.deepEqual(moved.fixtures[1], HOME.fixtures[1], "a door between two rooms stays");
  const away = shifted(HOME, room(0), -50, 500);
  assert.deepEqual([away.rooms[0].x, away.rooms[0].y], [0, GRID - BUREAU.height]);
  assert.deepEqual(shifted(HOME, fixture(0), -9, 0.6).fixtures[0], { ...LAMP, x: 0, y: 3.5 });
});

test("a stretched room keeps its window in its wall, and never vanishes", () => {
  const wider = stretched(HOME, room(1), 4, 0);
  assert.equal(wider.rooms[1].width, 14);
  assert.deepEqual(wider.fixtures[2], { kind: "window", x: 24, y: 4 });
  assert.deepEqual([stretched(HOME, room(0), -99, -99).rooms[0]].map(({ width, height }) => [width, height]), [[2, 2]]);
  assert.equal(stretched(HOME, room(1), 999, 0).rooms[1].width, GRID - SALON.x);
});

test("what is added has a place, and what is taken away takes its own along", () => {
  const { rooms } = withRoom(HOME, "Cave");
  assert.ok(!HOME.rooms.some((each) => overlap(each, rooms[2])));
  assert.deepEqual(withRoom({ rooms: [], fixtures: [] }, "Cave").rooms.map(({ salle }) => salle), ["Cave"]);
  assert.deepEqual(withFixture(HOME, "window", 0).fixtures[3], { kind: "window", x: 5, y: 0 });
  assert.deepEqual(withFixture(HOME, "purifier", 0).fixtures[3], { kind: "purifier", x: 5, y: 4 });
  assert.deepEqual(without(HOME, room(0)), { rooms: [SALON], fixtures: HOME.fixtures.slice(1) });
  assert.equal(without(HOME, fixture(1)).fixtures.length, 2);
});

test("a module has a name or none", () => {
  const withName = named(HOME, fixture(0), "p1");
  assert.deepEqual(withName.fixtures[0], { ...LAMP, id: "p1" });
  assert.deepEqual(named(withName, fixture(0), "").fixtures[0], LAMP);
  assert.equal(named(HOME, room(0), "Cave").rooms[0].salle, "Cave");
});

test("no change makes a plan that the gateway refuses for its size", () => {
  const full = {
    rooms: names(MOST_ROOMS).map((salle) => ({ ...BUREAU, salle })),
    fixtures: Array.from({ length: MOST_FIXTURES }, () => LAMP),
  };
  assert.equal(withRoom(full, "Cave"), full);
  assert.equal(withFixture(full, "door", 0), full);
  const tall = { rooms: [{ ...BUREAU, y: GRID - BUREAU.height }], fixtures: [] };
  assert.ok(withRoom(tall, "Cave").rooms.every(({ y, height }) => y + height <= GRID));
});

test("drawing begins with what is shown, as far as it can be kept", () => {
  const plan = begun({ rooms: [BUREAU], fixtures: [{ kind: "humidifier", x: 1, y: 1, id: "h" }, { kind: "sensor", x: 1.43, y: 0, id: "s" }] });
  assert.deepEqual(plan.rooms, [{ ...BUREAU, x: 3, y: 3 }]);
  assert.deepEqual(plan.fixtures, [{ kind: "sensor", x: 4.5, y: 3, id: "s" }]);
  assert.ok(extent(begun(layOut(names(60), 3)).rooms).y <= 3);
});

test("kinds are those of the gateway", () => {
  const source = readFileSync(new URL("../../app/domain/plan.py", import.meta.url), "utf8");
  assert.deepEqual(KINDS, JSON.parse(`[${/kind: Literal\[([^\]]+)\]/.exec(source)[1]}]`));
});

const AREA = { x: 100, y: 50, width: 300, height: 250 };
const half = () => 0.5;
const WINDOW = { x: 250, y: 50, dx: 0, dy: 1, strength: 1 };
const kinds = (drift, salle = "a") => drift.pointsOf(salle).map(({ kind }) => kind);

test("worse air is denser, what is not known is not drawn", () => {
  const steps = [420, 700, 1000, 1500, 4000].map((co2) => density(75_000, co2, 5).haze);
  assert.deepEqual(steps, [...steps].sort((a, b) => a - b));
  assert.equal(steps[0], 0);
  assert.equal(steps[3], steps[4]);
  assert.ok(density(75_000, 420, 30).specks > density(75_000, 420, 5).specks);
  assert.deepEqual(density(75_000, null, null), { haze: 0, specks: 0 });
});

test("air stays in its room, comes and goes softly", () => {
  const drift = new Drift();
  const air = { ...AREA, haze: 10, specks: 20, sources: [WINDOW] };
  drift.set(new Map([["a", air]]));
  drift.step(0.1);
  assert.ok(drift.pointsOf("a").filter(({ kind }) => kind !== "fresh").every(({ shown }) => shown > 0 && shown < 0.2));
  for (let i = 0; i < 600; i += 1) drift.step(0.1);
  const { x, y, width, height } = AREA;
  assert.ok(drift.pointsOf("a").every((point) => point.x >= x && point.x <= x + width && point.y >= y && point.y <= y + height));
  drift.set(new Map([["a", { ...air, haze: 0, specks: 0, sources: [] }]]));
  drift.step(0.1);
  assert.ok(kinds(drift).includes("haze"));
  drift.step(5);
  drift.step(5);
  assert.deepEqual(kinds(drift), []);
  drift.set(new Map());
  assert.deepEqual(drift.pointsOf("a"), []);
});

test("fresh air is where something is open, and drives the other away", () => {
  const nearest = (sources) => {
    const drift = new Drift(half);
    drift.set(new Map([["a", { ...AREA, haze: 1, specks: 0, sources }]]));
    for (let i = 0; i < 80; i += 1) drift.step(0.1);
    const haze = drift.pointsOf("a").find(({ kind }) => kind === "haze");
    return { fresh: kinds(drift).includes("fresh"), down: haze.y };
  };
  assert.equal(nearest([]).fresh, false);
  const open = new Drift(() => 0.3);
  open.set(new Map([["a", { ...AREA, haze: 0, specks: 0, sources: [WINDOW] }]]));
  for (let i = 0; i < 10; i += 1) open.step(0.1);
  assert.ok(kinds(open).every((kind) => kind === "fresh") && open.pointsOf("a").every(({ vy }) => vy > 0));
  assert.ok(open.streaming && freshness({ age: 1.3 }) > 0.9 && freshness({ age: 99 }) < 1e-9);
  assert.ok(nearest([WINDOW]).down > nearest([]).down);
});

test("however many rooms, the points are bounded; what stands still has nothing that flies", () => {
  const drift = new Drift();
  const air = { ...AREA, haze: 20, specks: 60, sources: [WINDOW] };
  drift.set(new Map(names(100).map((salle) => [salle, air])));
  drift.settle();
  const all = names(100).flatMap((salle) => drift.pointsOf(salle));
  assert.ok(all.length > 0 && all.length <= MOST_POINTS);
  assert.ok(all.every(({ kind, shown }) => kind !== "fresh" && shown === 1));
});

test("open to the outside and blowing is a source; closed, or open to another room, is none", () => {
  const rooms = [BUREAU, SALON];
  const standing = [
    { kind: "window", x: 5, y: 0, id: "w" }, { kind: "door", x: 10, y: 4, id: "d" }, { kind: "ventilation", x: 3, y: 3, id: "v" },
  ].map((each) => ({ fixture: each, opening: each.id === "v" ? null : openingOf(rooms, each) }));
  const things = (state) => new Map(["w", "d", "v"].map((id) => [id, { id, state, active: state !== "closed" }]));
  assert.deepEqual(sourcesIn(BUREAU, rooms, standing, things("closed")), []);
  assert.deepEqual(sourcesIn(BUREAU, rooms, standing, new Map()), []);
  const [window, fan, ...rest] = sourcesIn(BUREAU, rooms, standing, things("boost"));
  assert.deepEqual([window.x, window.y, window.dx, window.dy, rest.length], [5, 0, 0, 1, 0]);
  assert.deepEqual([fan.dx, fan.dy, fan.strength], [0, 0, 1.2]);
  assert.deepEqual(sourcesIn(SALON, rooms, standing, things("boost")), []);
});

# ruff: noqa: S311  (a simulation is no secret)
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.physics import OUTDOOR_CO2, Activity, co2_per_person
from app.demo.room import Plan, Room, Stay, co2_ahead, measure, step
from app.demo.rooms import DEMO_ROOMS, DEMO_SENSORS
from app.iaq.quantities import QUANTITIES
from app.iaq.score import global_score

MIDNIGHT = datetime(2025, 1, 15, tzinfo=UTC)
ALWAYS = (Stay(0, 24, 1),)


def plan(**changes: object) -> Plan:
    return replace(Plan("Maison", "Bureau", "bureau1", 30, ALWAYS), **changes)  # type: ignore[arg-type]  # by name


def live(room: Room, *, hours: float, dt: float = 60, seed: int = 1) -> list[Room]:
    random, at, rooms = Random(seed), MIDNIGHT, []
    for _ in range(int(hours * 3600 / dt)):
        at += timedelta(seconds=dt)
        room = step(room, dt=dt, at=at, random=random)
        rooms.append(room)
    return rooms


def test_co2_settles_where_people_and_ventilation_balance() -> None:
    room = live(Room(plan(window=0.0, ventilation=1.0)), hours=24)[-1]
    generated = co2_per_person(Activity.SEATED) * 3600 / 1000  # m³/h
    assert room.co2 == pytest.approx(OUTDOOR_CO2 + generated / (30 * 1.0) * 1e6, rel=0.001)


def test_an_empty_room_falls_back_to_outdoor_air() -> None:
    assert live(Room(plan(stays=()), co2=2000), hours=48)[-1].co2 == pytest.approx(
        OUTDOOR_CO2, 0.01
    )


def test_an_open_window_airs_faster() -> None:
    closed = replace(Room(plan(stays=()), co2=2000), window_open=False)
    assert co2_ahead(replace(closed, window_open=True), 0.25) < co2_ahead(closed, 0.25) - 500


def test_somebody_opens_the_window_in_stale_air_and_closes_it_again() -> None:
    rooms = live(Room(plan()), hours=24)
    opened = [now for before, now in pairwise(rooms) if now.window_open > before.window_open]
    closed = [now for before, now in pairwise(rooms) if now.window_open < before.window_open]
    assert opened
    assert closed
    assert all(room.co2 > 1000 for room in opened)
    assert max(room.co2 for room in rooms) < 2500


def test_nobody_opens_the_window_asleep_or_absent() -> None:
    asleep = plan(stays=(Stay(0, 24, 2, Activity.ASLEEP),))
    rooms = live(Room(asleep), hours=8)
    assert rooms[-1].co2 > 1500
    assert not any(room.window_open for room in rooms)


def test_ventilation_runs_fast_until_the_air_is_good_again() -> None:
    shop = plan(window=0.0, boost=3.0, ventilation=0.5, stays=(Stay(0, 24, 2),))
    rooms = live(Room(shop), hours=12)
    assert any(room.boosted for room in rooms)
    assert max(room.co2 for room in rooms) < 1100


def test_cooking_makes_particles_and_vapour() -> None:
    cook = plan(stays=(Stay(1, 1.5, 1, cooking=True),))
    rooms = live(Room(cook), hours=6)
    peak = max(rooms, key=lambda room: room.pm25)
    assert 50 < peak.pm25 < 600
    assert max(room.humidity for room in rooms) > rooms[0].humidity + 5
    assert rooms[-1].pm25 < peak.pm25 / 3


def test_a_purifier_runs_until_the_dust_of_cooking_is_gone() -> None:
    cook = plan(stays=(Stay(1, 1.5, 1, cooking=True),), purifier=3.0)
    rooms = live(Room(cook), hours=6)
    without = live(Room(replace(cook, purifier=0.0)), hours=6)
    assert any(room.purifying for room in rooms)
    assert max(room.pm25 for room in rooms) < max(room.pm25 for room in without)
    assert not rooms[-1].purifying


def test_radiators_hold_the_set_point_by_turns() -> None:
    rooms = live(Room(plan(stays=(), ventilation=0.5)), hours=48)[-24 * 60 :]
    turned = [now for before, now in pairwise(rooms) if now.heating != before.heating]
    assert len(turned) > 10
    assert all(abs(room.temperature - room.plan.set_point) < 0.5 for room in rooms)


def test_people_come_by_the_hour_and_the_day() -> None:
    office = plan(stays=(Stay(8, 9, 3, days=range(5)),))
    wednesday = live(Room(office), hours=24)
    assert {room.people for room in wednesday[:479]} == {0}
    assert {room.people for room in wednesday[480:539]} == {3}
    assert {room.people for room in wednesday[540:]} == {0}
    weekend = plan(stays=(Stay(8, 9, 3, days=range(5, 7)),))
    assert {room.people for room in live(Room(weekend), hours=24)} == {0}


def test_the_same_seed_lives_the_same_day() -> None:
    shop = DEMO_ROOMS[3]
    assert live(Room(shop), hours=12, seed=7) == live(Room(shop), hours=12, seed=7)
    assert live(Room(shop), hours=12, seed=7) != live(Room(shop), hours=12, seed=8)


@pytest.mark.parametrize("demo", DEMO_ROOMS, ids=lambda demo: demo.salle)
@pytest.mark.parametrize("month", [1, 4, 7, 10])
def test_every_demo_room_stays_plausible_all_year(demo: Plan, month: int) -> None:
    random, room, at = Random(1), Room(demo), MIDNIGHT.replace(month=month)
    for _ in range(2 * 24 * 60):
        at += timedelta(minutes=1)
        room = step(room, dt=60, at=at, random=random)
        assert 400 < room.co2 < 3000
        assert 0 < room.pm25 < 250
        assert 0.03 < room.tvoc < 2
        assert 14 < room.temperature < 32
        assert 15 < room.humidity < 95
    assert global_score(measure(room, random)) is not None


@given(seed=st.integers(0, 1000), temperature=st.floats(-10, 40), vapour=st.floats(0, 60))
def test_a_sensor_shows_every_quantity_within_its_bounds(
    seed: int, temperature: float, vapour: float
) -> None:
    room = Room(plan(), co2=0, pm25=0, tvoc=0, temperature=temperature, vapour=vapour)
    shown = measure(room, Random(seed))
    assert list(shown) == [quantity.name for quantity in QUANTITIES]
    assert min(shown["CO2"], shown["PM25"], shown["TVOC"], shown["Humidity"]) >= 0
    assert shown["Humidity"] <= 100


def test_the_demo_is_a_home_and_a_shop() -> None:
    assert {(demo.enseigne, demo.salle) for demo in DEMO_ROOMS} >= {
        ("Maison", "Bureau"),
        ("Maison", "Salon"),
        ("Maison", "Chambre"),
        ("Boutique", "Vente"),
        ("Boutique", "Réserve"),
    }
    assert DEMO_ROOMS[0].sensor_id == "bureau1"
    assert len(set(DEMO_SENSORS)) == len(DEMO_ROOMS)

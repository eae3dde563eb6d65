"""`GET /api/iaq/data`: docs/protocol.md §3.3."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.conftest import Running, Start, url_of
from tests.edge.wire import DOCUMENTED, error_of, measurement


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    return url_of(request)


DAY = datetime(2025, 11, 19, 10, tzinfo=UTC)


def at(minutes: float) -> str:
    return (DAY + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


async def fill(gateway: Running, *measured: tuple[str, str, str, float, float]) -> None:
    """Measurements as sensor, site, room, minutes after 10:00 and ppm of CO2."""
    batch = [
        measurement(
            sensor_id=sensor,
            enseigne=enseigne,
            salle=salle,
            timestamp=at(minutes),
            values={"CO2": co2},
        )
        for sensor, enseigne, salle, minutes, co2 in measured
    ]
    async with gateway.client("device") as device:
        await device.post("/api/ingest", json=batch)


async def history(
    gateway: Running, claims: dict[str, Any] | None = None, **params: Any
) -> list[tuple[str, float]]:
    """Sensor and CO2 of each record."""
    async with gateway.client("dashboard", **claims or {}) as dashboard:
        answer = await dashboard.get("/api/iaq/data", params={"start": at(-1), **params})
    assert answer.status_code == 200, answer.text
    return [(record["sensor_id"], record["co2"]) for record in answer.json()]


ROOMS = [
    ("a", "Maison", "Bureau", 0, 400),
    ("b", "Maison", "Salon", 1, 500),
    ("c", "Bistrot", "Bureau", 2, 600),
]
A, B, C = ("a", 400), ("b", 500), ("c", 600)


async def test_a_record_is_the_message_as_it_was_sent(gateway: Running) -> None:
    async with gateway.client("device") as device:
        await device.post("/api/ingest", json=measurement())
    async with gateway.client("dashboard") as dashboard:
        answer = await dashboard.get("/api/iaq/data", params={"start": at(0)})
        messages = (await dashboard.get("/api/messages")).json()["messages"]
    (record,) = answer.json()
    assert [record] == messages
    assert DOCUMENTED.items() <= record.items()
    assert answer.headers["cache-control"] == "no-store"


async def test_it_filters_by_site_room_and_sensor_in_ascending_order(gateway: Running) -> None:
    await fill(gateway, *reversed(ROOMS))
    assert await history(gateway) == [A, B, C]
    assert await history(gateway, enseigne="Maison") == [A, B]
    assert await history(gateway, salle="Bureau") == [A, C]
    assert await history(gateway, enseigne="Maison", salle="Bureau") == [A]
    assert await history(gateway, sensor_id="c") == [C]
    assert await history(gateway, sensor_id="' OR 1=1 --") == []


async def test_a_range_includes_its_start_and_excludes_its_end(gateway: Running) -> None:
    await fill(gateway, *ROOMS)
    assert await history(gateway, start=at(1), end=at(2)) == [B]
    assert await history(gateway, start=at(1)) == [B, C]
    assert await history(gateway, start="2025-11-19T11:01:00+01:00", end=at(60)) == [B, C]


async def test_hours_count_back_from_the_end_or_from_now(gateway: Running) -> None:
    await fill(gateway, *ROOMS)
    async with gateway.client("device") as device:
        await device.post("/api/ingest", json=measurement(timestamp=None))

    async def read(**params: Any) -> int:
        async with gateway.client("dashboard") as dashboard:
            return len((await dashboard.get("/api/iaq/data", params=params)).json())

    assert await read() == 1
    assert await read(hours=1) == 1
    assert await read(hours=87_600) == 4
    assert await read(hours=1.5, end=at(1.5)) == 2


async def test_the_newest_win_where_there_is_a_limit(start: Start) -> None:
    async with start(history_max_records=2) as gateway:
        await fill(gateway, *ROOMS)
        assert await history(gateway) == [B, C]
        assert await history(gateway, limit=1) == [C]
        async with gateway.client("dashboard") as dashboard:
            answer = await dashboard.get("/api/iaq/data", params={"limit": 3})
        assert (answer.status_code, error_of(answer.content)["field"]) == (422, "limit")


async def test_a_step_is_the_mean_of_what_it_holds(gateway: Running) -> None:
    measured = ((0.1, 400), (0.9, 500), (6, 800), (61, 1000))
    await fill(gateway, *[("a", "Maison", "Bureau", minutes, co2) for minutes, co2 in measured])
    steps: dict[str, list[float]] = {
        "raw": [400, 500, 800, 1000],
        "1min": [450, 800, 1000],
        "5min": [450, 800, 1000],
        "hourly": [566.667, 1000],
        "daily": [675],
    }
    for step, means in steps.items():
        assert await history(gateway, step=step) == [("a", mean) for mean in means], step


async def test_a_step_says_its_beginning_and_scores_its_means(gateway: Running) -> None:
    await fill(gateway, ("a", "Maison", "Bureau", 7, 400), ("a", "Maison", "Bureau", 8, 500))
    async with gateway.client("dashboard") as dashboard:
        params = {"start": at(0), "step": "5min"}
        (record,) = (await dashboard.get("/api/iaq/data", params=params)).json()
    assert record["timestamp"] == at(5)
    assert record["values"] == {"CO2": 450}
    assert record["type"] == "measurement"
    assert record["global_level"] == "excellent"


async def test_a_narrowed_token_sees_less(gateway: Running) -> None:
    await fill(gateway, *ROOMS)
    for step in ("raw", "daily"):
        for claims, expected in (
            ({"topics": ["measurements:Maison"]}, [A, B]),
            ({"topics": ["all:Maison/Salon", "measurements:Bistrot"]}, [B, C]),
            ({"sensors": ["a", "c"]}, [A, C]),
            ({"sensors": ["a"], "topics": ["measurements:Bistrot"]}, []),
            ({"sensors": []}, []),
        ):
            assert await history(gateway, claims, step=step) == expected, (claims, step)


async def test_a_token_that_grants_no_measurements_is_refused(gateway: Running) -> None:
    async with gateway.client("dashboard", topics=["alerts"]) as dashboard:
        answer = await dashboard.get("/api/iaq/data")
    assert (answer.status_code, error_of(answer.content)["code"]) == (403, "forbidden")


CANNOT_BE: list[tuple[dict[str, str], str]] = [
    ({"start": "canary"}, "start"),
    ({"start": "2025-11-19T10:00:00"}, "start"),
    ({"end": "canary"}, "end"),
    ({"start": at(1), "end": at(1)}, "start"),
    ({"start": at(1), "hours": "2"}, "hours"),
    ({"hours": "0"}, "hours"),
    ({"hours": "nan"}, "hours"),
    ({"hours": "inf"}, "hours"),
    ({"step": "canary"}, "step"),
    ({"limit": "0"}, "limit"),
    ({"limit": "canary"}, "limit"),
    ({"enseigne": "canary" * 22}, "enseigne"),
]
"""Parameters, and which of them is wrong."""


async def test_a_parameter_that_cannot_be_is_named_and_not_repeated(gateway: Running) -> None:
    async with gateway.client("dashboard") as dashboard:
        for params, field in CANNOT_BE:
            answer = await dashboard.get("/api/iaq/data", params=params)
            error = error_of(answer.content)
            assert (answer.status_code, error["field"]) == (422, field), params
            assert "canary" not in answer.text

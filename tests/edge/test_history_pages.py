"""`GET /api/iaq/data` page by page: docs/protocol.md §3.3. Each record once, `limit` at a time."""

import asyncio
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from tests.conftest import Running, Start
from tests.edge import unheard
from tests.edge.test_history_route import at
from tests.edge.test_recovery import LIFTED
from tests.edge.wire import error_of, measurement

SINCE = at(-1)


async def fill(device: AsyncClient, minutes: list[int], sensors: int = 3) -> list[str]:
    """A measurement of each sensor at each minute, in this order; their positions."""
    batch = [
        measurement(sensor_id=f"=s{number}", timestamp=at(minute), values={"CO2": 400 + minute})
        for minute in minutes
        for number in range(sensors)
    ]
    results = (await device.post("/api/ingest", json=batch)).json()["results"]
    return [result["position"] for result in results]


async def pages(
    dashboard: AsyncClient, between: Any = None, **params: Any
) -> list[list[dict[str, Any]]]:
    """Every page from the first to the last, by the links alone."""
    answer = await dashboard.get("/api/iaq/data", params=params)
    found = []
    while True:
        assert answer.status_code == 200, answer.text
        found.append(answer.json())
        if "next" not in answer.links:
            return found
        if between is not None:
            await between()
        answer = await dashboard.get(answer.links["next"]["url"])


def names(records: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(record["timestamp"], record["sensor_id"]) for record in records]


@pytest.mark.parametrize("step", ["raw", "1min", "15min", "hourly", "daily", "weekly"])
@pytest.mark.parametrize("limit", [1, 4, 1_000])
async def test_going_back_gives_every_record_once(start: Start, step: str, limit: int) -> None:
    async with start(limit_scale=LIFTED) as gateway:
        async with gateway.client("device") as device:
            await fill(device, [0, 7, 20, 3, 90, 3_000, 30_000])
        async with gateway.client("dashboard") as dashboard:
            ((*whole,),) = await pages(dashboard, step=step, start=SINCE, limit=10_000)
            found = await pages(dashboard, step=step, start=SINCE, limit=limit)
    assert [record for page in reversed(found) for record in page] == whole
    assert all(len(page) == limit for page in found[:-1])
    assert 1 <= len(found[-1]) <= limit


@pytest.mark.parametrize("step", ["raw", "5min", "hourly"])
async def test_what_comes_in_meanwhile_disturbs_no_page(start: Start, step: str) -> None:
    async with start(limit_scale=LIFTED) as gateway, gateway.client("device") as device:
        await fill(device, [0, 10, 20, 70, 130])
        later = iter(range(200, 300))
        early = iter(range(30, 60))

        async def more_comes() -> None:
            await fill(device, [next(later)])
            await fill(device, [next(early)], sensors=1)

        async with gateway.client("dashboard") as dashboard:
            ((*before,),) = await pages(dashboard, step=step, start=SINCE, limit=10_000)
            found = await pages(dashboard, more_comes, step=step, start=SINCE, limit=2)
    seen = names([record for page in found for record in page])
    assert len(seen) == len(set(seen))
    assert set(names(before)) <= set(seen)
    assert all(len(page) <= 2 for page in found)


async def test_the_range_of_hours_stays_where_it_was(gateway: Running) -> None:
    async with gateway.client("device") as device, gateway.client("dashboard") as dashboard:
        await device.post("/api/ingest", json=[measurement(timestamp=None)] * 3)
        answer = await dashboard.get("/api/iaq/data", params={"hours": 1, "limit": 1})
        assert "hours=" not in answer.links["next"]["url"]
        assert "start=" in answer.links["next"]["url"]
        assert [len(page) for page in await pages(dashboard, hours=1, limit=1)] == [1, 1, 1]


async def test_going_forward_is_by_position_like_everywhere(start: Start) -> None:
    async with start(limit_scale=LIFTED) as gateway, gateway.client("device") as device:
        sent = await fill(device, [20, 0, 10, 5])
        async with gateway.client("dashboard") as dashboard:
            found = await pages(dashboard, after=sent[1], limit=4)
            assert [[record["position"] for record in page] for page in found] == [
                sent[2:6],
                sent[6:10],
                sent[10:],
            ]
            page = (await dashboard.get("/api/messages", params={"after": sent[1]})).json()
            assert page["messages"] == [record for page in found for record in page]
            (empty,) = await pages(dashboard, after=sent[-1])
            assert empty == []
            (narrowed,) = await pages(dashboard, after=sent[0], sensor_id="=s1", end=at(6))
            assert [record["position"] for record in narrowed] == [sent[4], sent[10]]


async def refused(dashboard: AsyncClient, **params: str) -> tuple[int, str, str]:
    answer = await dashboard.get("/api/iaq/data", params=params)
    error = error_of(answer.content)
    assert not [value for value in params.values() if len(value) > 10 and value in answer.text]
    return answer.status_code, error["code"], error.get("field", "")


async def test_a_cursor_of_nobody_or_somebody_else_is_refused_alike(gateway: Running) -> None:
    cursors = {}
    for tenant in ("acme", "other"):
        async with gateway.client("device", tenant=tenant) as device:
            positions = await fill(device, [0, 1])
        async with gateway.client("dashboard", tenant=tenant) as dashboard:
            params = {"start": SINCE, "limit": "1"}
            link = (await dashboard.get("/api/iaq/data", params=params)).links["next"]["url"]
            cursors[tenant] = link.partition("before=")[2], positions[0]
    (own, _), (foreign, position) = cursors["acme"], cursors["other"]
    made_up = [
        b"{}", b"[]", b'["x",0,0,[]]', b"\xff", b'["x",0,99999999999999999999,["1"]]',
    ]  # fmt: skip
    async with gateway.client("dashboard") as dashboard:
        for before in (
            foreign,
            "nonsense",
            "é",
            "=",
            *(urlsafe_b64encode(m).decode() for m in made_up),
        ):
            assert await refused(dashboard, before=before) == (422, "unknown_position", "before")
        assert await refused(dashboard, before=own, step="daily") == (
            422, "unknown_position", "before",
        )  # fmt: skip
        for after in (position, "nonsense", "000000000000-1"):
            assert await refused(dashboard, after=after) == (422, "unknown_position", "after")
        for params in ({"step": "daily"}, {"before": own}):
            mine = cursors["acme"][1]
            assert await refused(dashboard, after=mine, **params) == (422, "invalid", "after")


async def test_a_position_past_retention_is_gone_and_no_part_is_given(gateway: Running) -> None:
    async with gateway.client("device") as device, gateway.client("dashboard") as dashboard:
        sent = await fill(device, [0, 1])
        await unheard.prune(gateway.settings)
        for _ in range(2):  # as it is noticed, and once it is known
            assert await refused(dashboard, after=sent[1]) == (410, "gone", "after")
        later = await fill(device, [100_000])
        (page,) = await pages(dashboard, after=sent[-1])
        assert [record["position"] for record in page] == later


async def test_long_names_pass_in_a_cursor(gateway: Running) -> None:
    name = "\U0001f600" * 128
    items = [
        measurement(sensor_id=name, enseigne=name, salle=name, timestamp=at(n)) for n in (0, 5)
    ]
    async with gateway.client("device") as device:
        await device.post("/api/ingest", json=items)
    async with gateway.client("dashboard") as dashboard:
        found = await pages(dashboard, step="1min", start=SINCE, limit=1)
        assert [len(page) for page in found] == [1, 1]


class TestCsv:
    async def read(self, gateway: Running, accept: str = "", **params: Any) -> Response:
        async with gateway.client("dashboard") as dashboard:
            params = {"start": SINCE, **params}
            answer = await dashboard.get(
                "/api/iaq/data", params=params, headers={"Accept": accept or "*/*"}
            )
        assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
        assert answer.headers["cache-control"] == "no-store"
        return answer

    async def test_it_has_a_header_and_a_line_for_each_record(self, gateway: Running) -> None:
        values = {"CO2": 645, "Temperature": -2.5, "NO2": 4}
        async with gateway.client("device") as device:
            receipt = (
                await device.post(
                    "/api/ingest", json=measurement(salle='Bu"reau, 1', values=values)
                )
            ).json()
        answer = await self.read(gateway, format="csv")
        assert answer.text == (
            "timestamp,sensor_id,enseigne,salle,co2,pm25,tvoc,temperature,humidity,no2,"
            "global_score,global_level,received_at,position\r\n"
            f'2025-11-19T10:05:00Z,bureau1,Maison,"Bu""reau, 1",645,,,-2.5,,4,'
            f"{receipt['global_score']},{receipt['global_level']},"
            f"{receipt['received_at']},{receipt['position']}\r\n"
        )

    async def test_a_name_that_begins_like_a_formula_is_a_text(self, gateway: Running) -> None:
        evil = ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "＝1", "harmless=1"]  # noqa: RUF001  (full width)
        items = [measurement(sensor_id=name) for name in evil]
        async with gateway.client("device") as device:
            await device.post("/api/ingest", json=items)
        lines = (await self.read(gateway, accept="text/csv")).text.splitlines()[1:]
        cells = {line.split(",")[1] for line in lines}
        assert cells == {*(f"'{name}" for name in evil[:-1]), evil[-1]}

    async def test_means_and_pages_are_as_in_json(self, gateway: Running) -> None:
        async with gateway.client("device") as device:
            await fill(device, [0, 1, 70])
        answer = await self.read(gateway, format="csv", step="hourly", limit=3)
        assert len(answer.text.splitlines()) == 4
        assert "format=csv" in answer.links["next"]["url"]

    async def test_nothing_is_a_header_alone(self, gateway: Running) -> None:
        assert len((await self.read(gateway, format="csv")).text.splitlines()) == 1


async def test_json_is_what_who_takes_anything_gets(gateway: Running) -> None:
    async with gateway.client("dashboard") as dashboard:
        for headers in ({}, {"Accept": "*/*"}, {"Accept": "text/html"}):
            answer = await dashboard.get("/api/iaq/data", headers=headers)
            assert answer.headers["content-type"] == "application/json"
        headers = {"Accept": "text/csv"}
        answer = await dashboard.get("/api/iaq/data", params={"format": "json"}, headers=headers)
        assert answer.json() == []


async def test_a_large_page_holds_nobody_up(start: Start) -> None:
    """It is written in a thread: health answers meanwhile."""
    async with start(limit_scale=LIFTED) as gateway:
        async with gateway.client("device") as device:
            for minute in range(0, 4_000, 400):
                await fill(device, list(range(minute, minute + 400)), sensors=2)
        async with gateway.client("dashboard") as dashboard, gateway.client() as other:
            params: dict[str, Any] = {"start": SINCE, "limit": 8_000, "format": "csv"}
            reading = asyncio.create_task(dashboard.get("/api/iaq/data", params=params))
            answered = 0
            while not reading.done():
                assert (await other.get("/health/live")).status_code == 200
                answered += 1
            assert (await reading).text.count("\r\n") == 8_001
            assert answered > 1

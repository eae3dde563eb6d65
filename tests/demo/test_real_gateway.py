"""The demo against the gateway itself: both mean the same by what is documented."""

import asyncio
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from iaqverse.clock import Clock
from iaqverse.outbox import Tally
from iaqverse.wire import Place, timestamp

from app.demo.feed import run_feed
from app.demo.recording import read_recording
from app.demo.replay import run_replay
from app.demo.rooms import DEMO_ROOMS, DEMO_SENSORS
from app.edge import rate_storage
from tests.conftest import Running, Start
from tests.demo.test_recording import RECORDINGS, needs_recordings


async def test_everything_the_feed_sends_is_accepted(gateway: Running) -> None:
    stop, told = asyncio.Event(), list[str]()

    async def one_round(_: float) -> None:
        stop.set()

    tally = await run_feed(
        base_url=gateway.url,
        verify=ssl.create_default_context(),
        device_token=gateway.token("device", sensors=DEMO_SENSORS),
        service_token=gateway.token("service"),
        stop=stop,
        tell=told.append,
        seed=1,
        clock=Clock(one_round, time.time),
    )
    assert told == []
    assert tally == Tally(stored=121 * len(DEMO_ROOMS), published=tally.published)
    assert tally.published >= 2 * len(DEMO_ROOMS)
    async with gateway.client("dashboard") as dashboard:
        answer = await dashboard.get("/api/iaq/data", params={"sensor_id": "bureau1", "hours": 2})
        records = answer.json()
    assert len(records) == 121
    assert all(0 <= record["global_score"] <= 100 for record in records)


async def test_a_backlog_waits_for_its_budget_while_what_is_live_goes_through(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a clock that is ahead by all that was slept."""
    slept: list[float] = []

    def now() -> float:
        return time.time() + sum(slept)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(rate_storage, "time", SimpleNamespace(time=now))
    path = tmp_path / "room.csv"
    first = datetime(2022, 10, 12, tzinfo=UTC)
    rows = [f"{(first + timedelta(minutes=n)).isoformat()},{400 + n}" for n in range(150)]
    path.write_text("\n".join(["timestamp,CO2", *rows]))
    stop = asyncio.Event()
    async with start(backlog_rate_per_token="100/minute") as gateway:
        summary = await run_replay(
            base_url=gateway.url,
            verify=ssl.create_default_context(),
            token=gateway.token("device"),
            path=path,
            place=Place("Maison", "Bureau", "bureau1"),
            stop=stop,
            tell=lambda _: None,
            shift=True,
            clock=Clock(sleep, now),
        )
        async with gateway.client("dashboard") as dashboard:
            answer = await dashboard.get("/api/messages", params={"limit": 1_000})
    assert (summary.tally.stored, summary.tally.refused) == (150, {})
    assert summary.waits == {"rate_limited": 1}
    came = [(each["co2"], "backlog" in each) for each in answer.json()["messages"]]
    backlog, live = range(400, 545), range(545, 550)
    held_back = [(co2, True) for co2 in backlog[100:]]
    assert came[:100] == [(co2, True) for co2 in backlog[:100]]
    assert came[100:] == [*((co2, False) for co2 in live), *held_back]


@needs_recordings
@pytest.mark.parametrize(
    ("name", "sent", "ends"),
    [("b4b_room_925038", 4_532, "2022-11-02"), ("occupancy_datatraining", 8_143, "2015-02")],
)
async def test_a_real_recording_is_kept_or_refused_row_by_row(
    gateway: Running, name: str, sent: int, ends: str
) -> None:
    stop = asyncio.Event()
    path: Path = RECORDINGS / f"{name}.csv"
    summary = await run_replay(
        base_url=gateway.url,
        verify=ssl.create_default_context(),
        token=gateway.token("device"),
        path=path,
        place=Place("Replay", name, name),
        stop=stop,
        tell=lambda _: None,
        clock=Clock.until(stop),
    )
    assert (summary.sent, summary.not_sent, summary.ended) == (sent, 0, None)
    assert {refusal.reason for refusal in summary.refusals} <= {
        "refused: measurement_exists",
        "skipped: no_value",
    }
    refused = {refusal.line for refusal in summary.refusals}
    kept = {
        timestamp(row.at): row.values
        for row in read_recording(path).rows
        if row.line not in refused
    }
    async with gateway.client("dashboard") as dashboard:
        answer = await dashboard.get(
            "/api/iaq/data",
            params={"sensor_id": name, "limit": 10_000, "start": "2000-01-01T00:00:00Z"},
        )
    records = answer.json()
    assert {record["timestamp"]: record["values"] for record in records} == kept
    assert len(records) == len(kept) == summary.tally.stored
    assert records[-1]["timestamp"].startswith(ends)

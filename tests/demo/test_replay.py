import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.responses import JSONResponse
from iaqverse.clock import Clock
from iaqverse.wire import Place, timestamp

from app.demo.recording import Skipped
from app.demo.refusals import Refusal
from app.demo.replay import PATIENCE, Summary, run_replay
from tests.demo.peer_gateway import NOBODY, START, FakeClock, Peer, peer_gateway, refusal
from tests.demo.test_recording import RECORDINGS, needs_recordings

FIRST = datetime(2022, 10, 12, 16, tzinfo=UTC)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """250 rows a minute apart, and one without a value."""
    path = tmp_path / "office.csv"
    rows = [f"{(FIRST + timedelta(minutes=n)).isoformat()},{400 + n}" for n in range(250)]
    path.write_text("\n".join(["timestamp,CO2", *rows, f"{FIRST.isoformat()},", ""]))
    return path


async def replay(
    url: str,
    path: Path,
    *,
    time: FakeClock | None = None,
    tell: Callable[[str], None] = lambda _: None,
    **options: Any,
) -> Summary:
    time = time or FakeClock()
    return await run_replay(
        base_url=url,
        verify=ssl.create_default_context(),
        token="device",
        path=path,
        place=Place("Maison", "Bureau", "bureau1"),
        tell=tell,
        clock=Clock(time.sleep, time.now),
        **({"stop": asyncio.Event()} | options),
    )


def at(time: str) -> float:
    return datetime.fromisoformat(f"2022-10-12T{time}:00+00:00").timestamp()


def items(peer: Peer) -> list[Any]:
    bodies = peer.bodies("/api/ingest")
    return [item for body in bodies for item in (body if isinstance(body, list) else [body])]


async def test_by_default_it_goes_in_full_batches_with_its_own_times(recording: Path) -> None:
    async with peer_gateway() as peer:
        summary = await replay(peer.url, recording)
    assert [len(body) for body in peer.bodies("/api/ingest")] == [100, 100, 50]
    assert items(peer)[0] == {
        "sensor_id": "bureau1",
        "enseigne": "Maison",
        "salle": "Bureau",
        "timestamp": "2022-10-12T16:00:00Z",
        "values": {"CO2": 400},
    }
    assert (summary.sent, summary.tally.stored, summary.not_sent) == (250, 250, 0)
    assert summary.skipped == (Skipped(252, "no_value"),)
    assert summary.ended is None


async def test_a_second_replay_is_all_duplicates(recording: Path) -> None:
    async with peer_gateway() as peer:
        await replay(peer.url, recording)
        summary = await replay(peer.url, recording)
    assert (summary.tally.stored, summary.tally.duplicate) == (0, 250)


async def test_a_limit_is_waited_for_and_nothing_is_lost_or_sent_twice(recording: Path) -> None:
    time = FakeClock()
    async with peer_gateway() as peer:
        for seconds in ("7", "11"):
            peer.next_answers.append(refusal(429, "rate_limited", Retry_After=seconds))
        summary = await replay(peer.url, recording, time=time)
    assert time.slept == [7, 11]
    assert (summary.tally.stored, summary.tally.duplicate) == (250, 0)
    assert summary.waits == {"rate_limited": 2}


async def test_what_a_limit_holds_back_of_a_batch_is_sent_again_when_told(recording: Path) -> None:
    time = FakeClock()
    async with peer_gateway() as peer:
        error = {"code": "rate_limited", "message": "no", "retry_after": 7}
        held_back = {"status": "rejected", "error": error}
        results = [held_back, {"status": "stored"}, *[held_back] * 98]
        peer.next_answers.append(JSONResponse({"results": results}))
        summary = await replay(peer.url, recording, time=time)
    assert time.slept == [7]
    assert [len(body) for body in peer.bodies("/api/ingest")] == [100, 99, 100, 50]
    assert (summary.tally.stored, summary.tally.refused) == (250, {})
    assert summary.waits == {"rate_limited": 1}


async def test_a_limit_may_last_longer_than_patience(recording: Path) -> None:
    async with peer_gateway() as peer:
        for _ in range(PATIENCE * 3):
            peer.next_answers.append(refusal(429, "rate_limited", Retry_After="60"))
        summary = await replay(peer.url, recording)
    assert summary.tally.stored == 250


async def test_what_is_refused_is_counted_by_code(recording: Path) -> None:
    async with peer_gateway() as peer:
        peer.refuse_below = 450
        summary = await replay(peer.url, recording)
    assert summary.tally.refused == {"invalid": 50}
    assert (summary.sent, summary.tally.stored) == (250, 200)
    assert summary.lines() == [
        "      250  sent",
        "      200  stored",
        "        0  duplicate",
        "       50  refused: invalid",
        "        1  skipped: no_value",
    ]


async def test_each_row_that_is_not_kept_is_named_in_the_order_of_the_file(tmp_path: Path) -> None:
    """Lines as an editor counts them, though rows are sent by their times."""
    path = tmp_path / "office.csv"
    path.write_text(
        "timestamp,CO2\n"
        "2022-10-12T16:03:00Z,410\n"
        "2022-10-12T16:02:00Z,\n"
        "2022-10-12T16:01:00Z,420\n"
        "2022-10-12T16:00:00Z,500\n"
    )
    async with peer_gateway() as peer:
        peer.refuse_below = 450
        summary = await replay(peer.url, path, shift=True)
    assert summary.refusals == [
        Refusal(2, "refused: invalid", at("16:03"), "too low"),
        Refusal(3, "skipped: no_value"),
        Refusal(4, "refused: invalid", at("16:01"), "too low"),
    ]
    assert summary.tally.stored == 1


async def test_a_batch_refused_whole_does_not_end_it(recording: Path) -> None:
    async with peer_gateway() as peer:
        peer.next_answers.append(refusal(413, "too_large"))
        summary = await replay(peer.url, recording)
    assert summary.tally.refused == {"too_large": 100}
    assert summary.tally.stored == 150


@pytest.mark.parametrize(("status", "code"), [(401, "unauthenticated"), (403, "forbidden")])
async def test_a_token_that_will_not_do_ends_it(recording: Path, status: int, code: str) -> None:
    async with peer_gateway() as peer:
        peer.next_answers.append(refusal(status, code))
        summary = await replay(peer.url, recording)
    assert len(peer.received) == 1
    assert summary.tally.refused == {code: 100}
    assert (summary.ended, summary.not_sent) == (code, 150)


async def test_a_gateway_that_stays_away_ends_it(recording: Path) -> None:
    time, told = FakeClock(), list[str]()
    summary = await replay(NOBODY, recording, time=time, tell=told.append)
    assert (summary.ended, summary.sent, summary.not_sent) == ("gateway_away", 0, 250)
    assert summary.waits == {"unreachable": PATIENCE}
    assert summary.lines()[-1] == "      250  not sent: gateway_away"
    assert len(told) == 1


@pytest.mark.parametrize(("speed", "took"), [(1, 249 * 60), (6000, 2.49)])
async def test_at_a_speed_each_row_comes_at_its_time(
    recording: Path, speed: float, took: float
) -> None:
    time = FakeClock()
    async with peer_gateway() as peer:
        summary = await replay(peer.url, recording, time=time, speed=speed)
    assert summary.tally.stored == 250
    assert time.time - START == pytest.approx(took, abs=0.01)
    assert all(isinstance(body, dict) for body in peer.bodies("/api/ingest"))


async def test_at_a_speed_rows_that_came_due_meanwhile_go_together(recording: Path) -> None:
    async with peer_gateway() as peer:
        peer.next_answers.append(refusal(429, "rate_limited", Retry_After="7"))
        summary = await replay(peer.url, recording, speed=60)
    sizes = [len(body) for body in peer.bodies("/api/ingest") if isinstance(body, list)]
    assert sizes == [7]
    assert summary.tally.stored == 250


async def test_shifted_its_last_row_is_now_and_the_distances_stay(recording: Path) -> None:
    async with peer_gateway() as peer:
        await replay(peer.url, recording, shift=True)
    times = [item["timestamp"] for item in items(peer)]
    assert times[-1] == timestamp(START)
    assert times[0] == timestamp(START - 249 * 60)


async def test_stopped_it_says_what_was_not_sent(recording: Path) -> None:
    stop = asyncio.Event()

    def after(now: float) -> None:
        if now > START + 60 * 9.5:
            stop.set()

    time = FakeClock(after)
    async with peer_gateway() as peer:
        summary = await replay(peer.url, recording, time=time, speed=1, stop=stop)
    assert (summary.ended, summary.sent, summary.not_sent) == ("stopped", 10, 240)


async def test_stopped_while_it_waits_it_ends_too(recording: Path) -> None:
    stop = asyncio.Event()
    time = FakeClock(after=lambda _: stop.set())
    summary = await replay(NOBODY, recording, time=time, stop=stop)
    assert (summary.ended, summary.not_sent) == ("stopped", 250)


async def test_times_without_zone_are_noted_unless_a_zone_was_given(tmp_path: Path) -> None:
    path = tmp_path / "local.csv"
    path.write_text("date,CO2\n2015-02-04 17:51:00,721\n")
    told: list[str] = []
    async with peer_gateway() as peer:
        await replay(peer.url, path, tell=told.append)
        assert told == ["1 times say no zone and are taken as UTC: --zone says another"]
        await replay(peer.url, path, tell=told.append, zone=UTC)
    assert len(told) == 1


async def test_a_recording_without_rows_is_soon_done(tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_text("timestamp,CO2\n")
    summary = await replay(NOBODY, path, shift=True)
    assert (summary.sent, summary.not_sent, summary.ended) == (0, 0, None)


@needs_recordings
async def test_a_real_office_goes_through_and_its_repeated_times_are_duplicates() -> None:
    async with peer_gateway() as peer:
        summary = await replay(peer.url, RECORDINGS / "b4b_room_925038.csv")
    assert summary.sent == 4_532
    assert (summary.tally.stored, summary.tally.duplicate) == (3_943, 589)
    assert len(summary.refusals) == len(summary.skipped) == 169
    assert len(peer.received) == 46

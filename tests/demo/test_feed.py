import asyncio
import os
import ssl
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from iaqverse.clock import Clock
from iaqverse.outbox import Tally
from iaqverse.wire import timestamp

from app.demo.feed import run_feed
from app.demo.rooms import DEMO_ROOMS, DEMO_SENSORS
from tests.demo.peer_gateway import NOBODY, START, FakeClock, Peer, peer_gateway, refusal


async def feed(
    url: str, *, rounds: int, tell: Callable[[str], None] = lambda _: None, **options: Any
) -> Tally:
    """Run for so many rounds of three seconds that pass at once."""
    stop, left = asyncio.Event(), iter(range(rounds - 1))

    def after(_: float) -> None:
        if next(left, None) is None:
            stop.set()

    time = FakeClock(after)
    return await run_feed(
        base_url=url,
        verify=ssl.create_default_context(),
        device_token="device",
        service_token="service",
        stop=stop,
        tell=tell,
        zone=UTC,
        seed=1,
        clock=Clock(time.sleep, time.now),
        **options,
    )


def by_sensor(peer: Peer) -> dict[str, list[Any]]:
    """Every measurement received, in order."""
    found: dict[str, list[Any]] = {sensor: [] for sensor in DEMO_SENSORS}
    for body in peer.bodies("/api/ingest"):
        for item in body if isinstance(body, list) else [body]:
            found[item["sensor_id"]].append(item)
    return found


async def test_the_first_round_brings_the_last_hour_in_batches() -> None:
    async with peer_gateway() as peer:
        tally = await feed(peer.url, rounds=1)
    sizes = [len(body) for body in peer.bodies("/api/ingest")]
    assert sizes == [100, 21] * len(DEMO_ROOMS)
    times = [item["timestamp"] for item in by_sensor(peer)["bureau1"]]
    assert times == [timestamp(START - back) for back in range(3600, -1, -30)]
    assert tally.stored == 121 * len(DEMO_ROOMS)
    assert tally.refused == {}


async def test_what_an_earlier_feed_told_of_is_not_told_again(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    for since, told in ((3_600, 121), (90, 4), (0, 1)):
        if mark.exists():
            assert mark.stat().st_mtime == START
            os.utime(mark, (START - since, START - since))
        async with peer_gateway() as peer:
            await feed(peer.url, rounds=1, mark=mark)
        assert len(by_sensor(peer)["bureau1"]) == told


async def test_then_each_room_sends_one_documented_object_a_round() -> None:
    async with peer_gateway() as peer:
        await feed(peer.url, rounds=4)
    singles = [body for body in peer.bodies("/api/ingest") if isinstance(body, dict)]
    assert Counter(body["sensor_id"] for body in singles) == dict.fromkeys(DEMO_SENSORS, 3)
    first = singles[0]
    assert set(first) == {"sensor_id", "enseigne", "salle", "timestamp", "values"}
    assert (first["enseigne"], first["salle"]) == ("Maison", "Bureau")
    assert first["timestamp"] == timestamp(START + 3)
    assert set(first["values"]) == {"CO2", "PM25", "TVOC", "Temperature", "Humidity"}


async def test_each_kind_of_sender_shows_its_own_token() -> None:
    async with peer_gateway() as peer:
        tally = await feed(peer.url, rounds=1)
    shown = {(request.path.split("/")[2], request.authorization) for request in peer.received}
    assert shown == {("ingest", "Bearer device"), ("publish", "Bearer service")}
    assert tally.published == sum("/publish/" in request.path for request in peer.received)


async def test_within_a_day_all_topics_live_but_alerts_which_the_gateway_raises() -> None:
    async with peer_gateway() as peer:
        await feed(peer.url, rounds=96, interval=900, plans=DEMO_ROOMS[1:3])
    topics = Counter(request.path.rsplit("/", 1)[1] for request in peer.received)
    assert set(topics) == {"ingest", "modules", "predictions", "actions"}


async def test_while_limited_it_keeps_its_readings_and_sends_them_together() -> None:
    async with peer_gateway() as peer:
        peer.next_answers.append(refusal(429, "rate_limited", Retry_After="9"))
        tally = await feed(peer.url, rounds=4, plans=DEMO_ROOMS[:1])
    assert [len(body) for body in peer.bodies("/api/ingest")] == [100, 100, 24]
    assert tally.stored == 124
    times = [item["timestamp"] for item in by_sensor(peer)["bureau1"][100:]]
    assert times == sorted(set(times))


async def test_what_is_refused_is_counted_by_reason_and_not_sent_again() -> None:
    told: list[str] = []
    async with peer_gateway() as peer:
        peer.next_answers.extend([refusal(422, "invalid"), refusal(415, "unsupported_media_type")])
        tally = await feed(peer.url, rounds=3, plans=DEMO_ROOMS[:1], tell=told.append)
    assert tally.refused == {"invalid": 100, "unsupported_media_type": 21}
    assert tally.stored == 2
    assert told == ["refused: invalid", "refused: unsupported_media_type", "accepted again"]


async def test_what_is_measured_while_the_token_is_refused_is_kept() -> None:
    async with peer_gateway() as peer:
        peer.next_answers.append(refusal(403, "forbidden"))
        tally = await feed(peer.url, rounds=9, plans=DEMO_ROOMS[:1])
    assert (tally.stored, tally.refused.total()) == (129, 0)


async def test_it_goes_on_while_nobody_answers() -> None:
    told: list[str] = []
    tally = await feed(NOBODY, rounds=20, plans=DEMO_ROOMS[:1], tell=told.append)
    assert (tally.answered, tally.published, tally.dropped) == (0, 0, 0)
    assert [line.split(" (")[0] for line in told] == ["waiting: unreachable"] * 2


async def test_stopped_before_it_begins_it_sends_nothing() -> None:
    stop = asyncio.Event()
    stop.set()
    tally = await run_feed(
        base_url=NOBODY,
        verify=ssl.create_default_context(),
        device_token="device",
        service_token="service",
        stop=stop,
        tell=pytest.fail,
    )
    assert tally == Tally()


async def test_stop_ends_a_sleep_at_once() -> None:
    stop = asyncio.Event()
    sleeping = asyncio.ensure_future(Clock.until(stop).sleep(3600))
    stop.set()
    async with asyncio.timeout(5):
        await sleeping

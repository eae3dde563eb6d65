"""The demo feed: simulated rooms that live, measured and sent like real ones."""

import asyncio
import os
import ssl
from collections.abc import Iterable
from datetime import datetime, tzinfo
from pathlib import Path
from random import Random

from iaqverse.clock import Clock
from iaqverse.link import Link, Tell, open_client
from iaqverse.outbox import News, Readings, Tally
from iaqverse.wire import Place, measurement

from app.demo.events import RoomWatch
from app.demo.room import Plan, Room, measure, step
from app.demo.rooms import DEMO_ROOMS

INTERVAL = 3.0
"""Seconds between two readings of a room."""

BACKFILL_SECONDS, _BACKFILL_STEP = 3_600, 30
_WARM_UP_SECONDS, _WARM_UP_STEP = 43_200, 60
"""Half a day lived before the first reading, so that it has a past."""
_LONGEST_STEP = 60.0


class LivingRoom:
    """A simulated room with its sensor, and what both still have to say."""

    def __init__(self, plan: Plan, tally: Tally, random: Random, zone: tzinfo | None) -> None:
        self._place = Place(plan.enseigne, plan.salle, plan.sensor_id)
        self._room = Room(plan)
        self._random = random
        self._zone = zone
        self._watch = RoomWatch()
        self._lived_until = 0.0
        self.readings = Readings(tally)

    def recall(self, now: float, backfill: int) -> None:
        """Live through the hours before `now`, and note the last seconds for the backfill."""
        start = now - backfill
        self._lived_until = start - _WARM_UP_SECONDS
        self.live(start, _WARM_UP_STEP)
        for back in range(backfill, 0, -_BACKFILL_STEP):
            self.live(now - back)
            self.read()

    def live(self, until: float, longest: float = _LONGEST_STEP) -> None:
        """Steps are bounded: people come and go in between, even after a laptop has slept."""
        while (left := until - self._lived_until) > 0:
            dt = min(longest, left)
            self._lived_until = until if dt == left else self._lived_until + dt
            at = datetime.fromtimestamp(self._lived_until, self._zone).astimezone(self._zone)
            self._room = step(self._room, dt=dt, at=at, random=self._random)

    def read(self) -> None:
        values = measure(self._room, self._random)
        self.readings.put(measurement(self._place, self._lived_until, values))

    def tell(self, news: News) -> None:
        for publication in self._watch.see(self._room, self._lived_until):
            news.put(publication)


async def run_feed(
    *,
    base_url: str,
    verify: ssl.SSLContext,
    device_token: str,
    service_token: str,
    stop: asyncio.Event,
    tell: Tell,
    interval: float = INTERVAL,
    plans: Iterable[Plan] = DEMO_ROOMS,
    zone: tzinfo | None = None,
    seed: int | None = None,
    clock: Clock | None = None,
    mark: Path | None = None,
) -> Tally:
    """Feed the gateway until `stop` is set, through restarts of it; then what became of it all.

    `interval` is in seconds. `zone` is where the rooms are (None: this machine's), which decides
    when people are at home. The device token has to name `rooms.DEMO_SENSORS` or no sensors at all.
    `mark` is a file whose time says until when a feed was at work: a later one does not tell of
    those hours once more, in other figures.
    `tell` gets a line for each new trouble, not for each failure.
    """
    clock = clock or Clock.until(stop)
    tally, random = Tally(), Random(seed)  # noqa: S311  (a simulation)
    rooms = [LivingRoom(plan, tally, Random(random.random()), zone) for plan in plans]  # noqa: S311  (as above)
    news = News(tally)
    began = clock.now()
    for room in rooms:
        room.recall(began, _untold(mark, began))
    async with open_client(base_url, verify) as client:
        device = Link(client, device_token, clock, random, tell)
        service = Link(client, service_token, clock, random, tell)
        while not stop.is_set():
            now = clock.now()
            for room in rooms:
                room.live(now)
                room.read()
                room.tell(news)
            for room in rooms:
                await room.readings.flush(device)
            await news.flush(service)
            _note(mark, now)
            await clock.sleep(max(0.0, now + interval - clock.now()))
    return tally


def _note(mark: Path | None, now: float) -> None:
    if mark is not None:
        mark.touch()
        os.utime(mark, (now, now))


def _untold(mark: Path | None, now: float) -> int:
    """Seconds before `now` that no earlier feed spoke of."""
    if mark is None or not mark.exists():
        return BACKFILL_SECONDS
    return max(0, min(BACKFILL_SECONDS, int(now - mark.stat().st_mtime)))

"""Which sensors speak and which fell silent, each by its own pace, told on `modules`.

A sensor is taken for online from its first measurement, and told `stale`, `offline` and, when it
speaks again, `online`. What was told last is kept; after a restart silence counts from the start,
so that the gateway's own absence is nobody's silence.
"""

import asyncio
import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import msgspec
import structlog

from app.domain.notice import draft_of
from app.domain.pace import Pace
from app.domain.silence import STALE_LEAST_MS, Watched
from app.domain.timestamps import parse_time
from app.errors import UnavailableError
from app.model import Publication, RoutingKey, Topic, wire_time
from app.protocol.topics import Grant, Selection, parse_filters
from app.storage.base import APPENDED_AT_ONCE, DAY_MS, Draft, Period, Store
from app.storage.records import sensors
from app.storage.records.sensors import Sensor, State

LOOK_EVERY = 1.0
"""Seconds: how late a change may be told."""
READ_EVERY_MS = 60_000
"""For what devices are registered with."""
MAX_SENSORS = 50_000
"""Speaking sensors that are watched; of one more nothing is told. One takes 0.5 KB."""

Name = tuple[str, str]
"""Tenant and sensor id."""

log = structlog.get_logger()
_MEASUREMENTS = Selection(parse_filters(["measurements"]), Grant())


class _Received(msgspec.Struct):
    received_at: str


_RECEIVED = msgspec.json.Decoder(_Received)


@dataclass(frozen=True, slots=True)
class _Change:
    name: Name
    watched: Watched
    state: State

    def record(self) -> Sensor:
        key = self.watched.key
        return Sensor(
            *self.name,
            enseigne=key.enseigne or "",
            salle=key.salle or "",
            state=self.state,
            interval_ms=self.watched.pace.interval_ms,
        )


class Freshness:
    """`clock` gives wall time in seconds."""

    def __init__(self, store: Store, clock: Callable[[], float]) -> None:
        self._store = store
        self._clock = clock
        self._watched: dict[Name, Watched] = {}
        self._speaking: set[Name] = set()
        """Heard, and not told to be online."""
        self._due: list[tuple[int, Name]] = []
        """A heap: each watched sensor once, at a time when it may be silent."""
        self._untold: list[Draft] = []
        """Noted, and not published yet."""
        self._read_at_ms = 0
        self.unwatched = 0
        """Measurements of sensors beyond `MAX_SENSORS`."""

    @property
    def watched(self) -> int:
        return len(self._watched)

    @property
    def silent(self) -> int:
        """Of those, how many are stale."""
        return sum(watched.state is State.STALE for watched in self._watched.values())

    def silences(self, most: int) -> list[tuple[Name, float]]:
        """For how many seconds each of them has been silent; of no more than that."""
        now_ms = self._now_ms()
        return [
            (name, (now_ms - watched.pace.heard_ms) / 1_000)
            for name, watched in islice(self._watched.items(), most)
        ]

    async def begin(self) -> None:
        """Take over who spoke before. Raise `UnavailableError` without a store."""
        now_ms = self._now_ms()
        for sensor in await self._store.consult(lambda sql: sensors.speaking(sql, MAX_SENSORS)):
            key = RoutingKey(Topic.MEASUREMENTS, sensor.enseigne, sensor.salle, sensor.sensor_id)
            pace = Pace(now_ms, sensor.interval_ms)
            self._watch(
                (sensor.tenant, sensor.sensor_id),
                Watched(key, pace, sensor.state, sensor.interval_ms),
            )

    async def run(self) -> None:
        """Until cancelled. While the store does not answer, nothing is told and nothing lost."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await self.look()
            except UnavailableError:
                log.warning("the sensors' states wait")

    def heard(self, publications: Sequence[Publication]) -> None:
        """What one commit kept. A backlog says nothing of now."""
        now_ms = self._now_ms()
        for publication in publications:
            key = publication.key
            if key.topic is Topic.MEASUREMENTS and key.sensor_id and not publication.backlog:
                self._hear((publication.tenant, key.sensor_id), key, now_ms)

    async def look(self) -> None:
        """Tell what has changed, and note what was learned."""
        await self._publish()
        due = self._take_due(self._now_ms())
        try:
            await self._read_told()
            for name in due:
                await self._ask_others(name)
            await self._tell([*self._returned(), *self._silent(due), *self._learned(due)])
        finally:
            for name, watched in due.items():
                if self._watched.get(name) is watched:  # else it was let go of, or met again
                    self._await_silence(name)

    async def _read_told(self) -> None:
        """Take over what devices are registered with."""
        now_ms = self._now_ms()
        if now_ms < self._read_at_ms + READ_EVERY_MS:
            return
        told = await self._store.consult(lambda sql: sensors.told(sql, MAX_SENSORS))
        self._read_at_ms = now_ms
        for name, watched in self._watched.items():
            watched.told_ms = told.get(name, 0)

    async def _ask_others(self, name: Name) -> None:
        """Who is silent here may speak to another gateway: the store knows."""
        watched, now_ms = self._watched[name], self._now_ms()
        if watched.due_ms() > now_ms:
            return
        tenant, sensor_id = name
        period = Period(now_ms - DAY_MS, now_ms + DAY_MS, sensor_id=sensor_id, limit=1)
        for newest in await self._store.measurements(tenant, period, _MEASUREMENTS):
            received_ms = parse_time(_RECEIVED.decode(newest.text).received_at, now_ms, DAY_MS)
            if received_ms > watched.pace.heard_ms and not newest.backlog:
                watched.pace.heard_ms = received_ms
                if watched.state is not State.ONLINE:
                    self._speaking.add(name)

    def _hear(self, name: Name, key: RoutingKey, now_ms: int) -> None:
        watched = self._watched.get(name)
        if watched is None:
            if len(self._watched) >= MAX_SENSORS:
                self.unwatched += 1
                return
            watched = self._watch(name, Watched(key, Pace(now_ms)))
        watched.key = key
        watched.pace.hear(now_ms)
        if watched.state is not State.ONLINE:
            self._speaking.add(name)

    def _watch(self, name: Name, watched: Watched) -> Watched:
        self._watched[name] = watched
        self._await_silence(name)
        return watched

    def _await_silence(self, name: Name) -> None:
        watched = self._watched.get(name)
        if watched is not None:
            soon_ms = self._now_ms() + STALE_LEAST_MS  # its pace may be learned meanwhile
            heapq.heappush(self._due, (min(watched.due_ms(), soon_ms), name))

    def _take_due(self, now_ms: int) -> dict[Name, Watched]:
        """Those that may be silent: a time in the heap does not move when its sensor speaks."""
        due: dict[Name, Watched] = {}
        while self._due and self._due[0][0] <= now_ms:
            name = heapq.heappop(self._due)[1]
            due[name] = self._watched[name]
        return due

    def _returned(self) -> Iterable[_Change]:
        return [_Change(name, self._watched[name], State.ONLINE) for name in self._speaking]

    def _silent(self, due: Iterable[Name]) -> Iterable[_Change]:
        now_ms = self._now_ms()
        for name in due:
            watched = self._watched[name]
            if name not in self._speaking and watched.due_ms() <= now_ms:
                silence = State.OFFLINE if watched.state is State.STALE else State.STALE
                yield _Change(name, watched, silence)

    def _learned(self, due: Iterable[Name]) -> Iterable[_Change]:
        now_ms = self._now_ms()
        for name in due:
            watched = self._watched[name]
            speaks = watched.state is State.ONLINE and watched.due_ms() > now_ms
            if speaks and watched.pace_is_news():
                yield _Change(name, watched, State.ONLINE)

    async def _tell(self, changes: Sequence[_Change]) -> None:
        if not changes:
            return
        records = [change.record() for change in changes]
        noted = await self._store.transact(
            lambda sql: [sensors.note(sql, record) for record in records]
        )
        for change, record in zip(changes, records, strict=True):
            self._noted(change, record.interval_ms)
        now_ms = self._now_ms()
        self._untold += (
            _draft(change, now_ms) for change, told in zip(changes, noted, strict=True) if told
        )
        await self._publish()

    async def _publish(self) -> None:
        while self._untold:
            batch = self._untold[:APPENDED_AT_ONCE]
            await self._store.append(batch)
            del self._untold[: len(batch)]

    def _noted(self, change: _Change, interval_ms: int) -> None:
        change.watched.state = change.state
        change.watched.noted_ms = interval_ms
        if change.state is State.ONLINE:
            self._speaking.discard(change.name)
        elif change.state is State.OFFLINE and change.name not in self._speaking:
            del self._watched[change.name]  # who is heard again is met again

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


def _draft(change: _Change, now_ms: int) -> Draft:
    (tenant, sensor_id), key, pace = change.name, change.watched.key, change.watched.pace
    interval_ms = change.watched.interval_ms
    content = {
        "enseigne": key.enseigne,
        "salle": key.salle,
        "module_id": sensor_id,
        "kind": "sensor",
        "state": change.state,
        "sensor_id": sensor_id,
        "last_seen": wire_time(pace.heard_ms),
        **({"interval": interval_ms / 1000} if interval_ms else {}),
    }
    told = RoutingKey(Topic.MODULES, key.enseigne, key.salle, sensor_id)
    return draft_of(tenant, told, content, now_ms, now_ms)

"""From a device's body to receipts: check, score, keep. What is kept reaches the hub by itself."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from time import perf_counter

import msgspec
from msgspec import UNSET

from app.domain import measurement as measurements
from app.domain import notice
from app.domain.batches import Item
from app.domain.clocks import Arrival, ClockOffset, Jumps
from app.domain.measurement import Measurement
from app.domain.receipts import Answer, Published, Receipt, Rejected, receipt
from app.domain.received_times import ReceivedTimes
from app.domain.sender import Charge, Lane, Sender
from app.domain.timestamps import TooOldError, parse_time
from app.errors import ConflictError, ForbiddenError, GatewayError
from app.histogram import Histogram
from app.model import RoutingKey, Topic, is_backlog
from app.protocol.topics import Grant
from app.storage.base import Draft, Kept, Outcome, Past, Store, Taken
from app.traces import Traces

SENSORS_REMEMBERED = 10_000
"""Sensors whose last received time is held, of those that send no timestamps; as many whose last
clock offset is, of the others."""


class UnknownSensorError(ForbiddenError):
    code = "unknown_sensor"


class TakenError(ConflictError):
    code = "measurement_exists"


class Ingest:
    """`clock` gives wall time in seconds; `max_ahead` is how far (s) a device's may be ahead.

    `stored` is called with each measurement that is new, once it is durable.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], float],
        *,
        max_ahead: float,
        stored: Callable[[Draft], None],
        traces: Traces,
    ) -> None:
        self._store = store
        self._traces = traces
        self._stored = stored
        self._clock = clock
        self._max_ahead_ms = round(max_ahead * 1000)
        self._received = ReceivedTimes(SENSORS_REMEMBERED)
        self.jumps = Jumps(SENSORS_REMEMBERED)
        self.kept: Counter[str] = Counter()
        """Measurements answered with a receipt, by its status."""
        self.backlog = 0
        """How many of those stored were backlog."""
        self.took = Histogram()
        """From items that were read to their answers."""
        self.rejected: Counter[str] = Counter()
        """Measurements answered with an error of their own, by its code."""

    async def batch(
        self, sender: Sender, items: Sequence[Item], charge: Charge, date_ms: int | None = None
    ) -> Answer:
        """An answer per item, in order. The good ones are kept whatever the others are.

        `date_ms` is the time by the device's clock when it sent them, where it states that. Raise
        `UnavailableError`, or what `charge` raises for the live ones or for a batch of backlog
        alone: then nothing was kept.
        """
        began = perf_counter()
        arrival = Arrival(self._now_ms(), date_ms)
        admitted = [self._admit(sender, item, arrival.received_ms) for item in items]
        drafted = [_drafted(each) for each in _charged(admitted, charge)]
        with self._traces.span("commit", sender.trace):
            answers = await self._keep([each for each in drafted if isinstance(each, _Drafted)])
        for item, told in answers:
            if isinstance(told, Receipt) and told.status == "stored":
                self._stored(item.draft)
        clock = self._judge_clocks(arrival, answers)
        kept = iter(answers)
        results = [each if isinstance(each, Rejected) else next(kept)[1] for each in drafted]
        self._count(results)
        self.took.observe_since(began)
        return Answer(results, clock)

    async def publish(self, sender: Sender, topic: Topic, body: bytes) -> Published:
        """Keep what a service publishes on a topic other than measurements."""
        draft = notice.draft(topic, body, sender.tenant, self._now_ms(), self._max_ahead_ms)
        if sender.trace:
            draft = msgspec.structs.replace(draft, trace=sender.trace)
        _check_grant(sender.grant, draft.key)
        with self._traces.span("commit", sender.trace):
            (outcome,) = await self._store.append([draft])
        assert isinstance(outcome, Kept)  # noqa: S101  (only measurements have an identity)
        return Published("stored", str(outcome.publication.position))

    def _admit(self, sender: Sender, item: Item, received_ms: int) -> "_Admitted | Rejected":
        try:
            measurement = measurements.parse(item, sender.tenant)
            sensors = sender.grant.sensors
            if sensors is not None and measurement.sensor_id not in sensors:
                raise UnknownSensorError("the token does not name this sensor", field="sensor_id")
            _check_grant(sender.grant, measurements.routing_key(measurement))
            time_ms = self._time(measurement, sender.tenant, received_ms)
        except GatewayError as error:
            return Rejected(error)
        return _Admitted(measurement, sender.tenant, time_ms, received_ms, sender.trace)

    def _time(self, measurement: Measurement, tenant: str, received_ms: int) -> int:
        if measurement.timestamp is None:
            return self._received.next_ms(tenant, measurement.sensor_id, received_ms)
        return parse_time(measurement.timestamp, received_ms, self._max_ahead_ms)

    async def _keep(
        self, drafted: Sequence["_Drafted"]
    ) -> list[tuple["_Drafted", Receipt | Rejected]]:
        if not drafted:
            return []
        outcomes = await self._store.append([each.draft for each in drafted])
        return [
            (each, await self._answer(each, outcome))
            for each, outcome in zip(drafted, outcomes, strict=True)
        ]

    async def _answer(self, item: "_Drafted", outcome: Outcome) -> Receipt | Rejected:
        """A time the gateway chose is moved on until it is free: it must never collide.

        It rarely does: only with a time that the device gave itself, or just after a restart.
        """
        while not item.stamped and _collides(outcome):
            item = self._at_another_time(item)
            (outcome,) = await self._store.append([item.draft])
        if isinstance(outcome, Kept):
            return receipt(outcome)
        if isinstance(outcome, Past):
            return Rejected(TooOldError("the timestamp is past what is kept", field="timestamp"))
        return Rejected(
            TakenError("this sensor has another measurement at this time", field="timestamp")
        )

    def _at_another_time(self, item: "_Drafted") -> "_Drafted":
        kept, measurement = item.draft, item.measurement
        time_ms = self._received.next_ms(kept.tenant, measurement.sensor_id, kept.time_ms)
        draft = measurements.draft(measurement, kept.tenant, time_ms, kept.received_ms, kept.trace)
        return _Drafted(measurement, draft)

    def _judge_clocks(
        self, arrival: Arrival, answers: Iterable[tuple["_Drafted", Receipt | Rejected]]
    ) -> ClockOffset | None:
        """By each sensor's newest measurement of those stored; its receipt tells of a jump."""
        newest: dict[str, tuple[Draft, Receipt]] = {}
        for item, answer in answers:
            if item.stamped and isinstance(answer, Receipt) and answer.status == "stored":
                sensor_id, draft = item.measurement.sensor_id, item.draft
                if sensor_id not in newest or newest[sensor_id][0].time_ms < draft.time_ms:
                    newest[sensor_id] = draft, answer
        offsets_ms: list[int] = []
        for sensor_id, (draft, told) in newest.items():
            offset_ms = arrival.offset_ms(draft.time_ms)
            if offset_ms is not None:
                offsets_ms.append(offset_ms)
                told.clock_jump_ms = self.jumps.by(draft.tenant, sensor_id, offset_ms) or UNSET
        return arrival.told(max(offsets_ms, default=None))

    def _count(self, results: Iterable[Receipt | Rejected]) -> None:
        for result in results:
            if isinstance(result, Rejected):
                self.rejected[result.error.code] += 1
            else:
                self.kept[result.status] += 1
                self.backlog += result.status == "stored" and result.backlog is True

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


class _Admitted(msgspec.Struct, frozen=True, gc=False):
    measurement: Measurement
    tenant: str
    time_ms: int
    received_ms: int
    trace: str


class _Drafted(msgspec.Struct, frozen=True, gc=False):
    measurement: Measurement
    draft: Draft

    @property
    def stamped(self) -> bool:
        """Whether its device gave it its time."""
        return self.measurement.timestamp is not None


def _charged(
    admitted: list[_Admitted | Rejected], charge: Charge
) -> Iterable[_Admitted | Rejected]:
    """Each lane for its part; a backlog that its budget does not reach is rejected by itself."""
    in_backlog = [
        isinstance(each, _Admitted) and is_backlog(each.time_ms, each.received_ms)
        for each in admitted
    ]
    backlog = sum(in_backlog)
    live = len(admitted) - backlog
    if live:
        charge(Lane.LIVE, live)
    if backlog:
        try:
            charge(Lane.BACKLOG, backlog)
        except GatewayError as error:
            if not live:
                raise
            refused = Rejected(error)
            return [
                refused if old else each for each, old in zip(admitted, in_backlog, strict=True)
            ]
    return admitted


def _drafted(each: _Admitted | Rejected) -> _Drafted | Rejected:
    if isinstance(each, Rejected):
        return each
    try:
        draft = measurements.draft(
            each.measurement, each.tenant, each.time_ms, each.received_ms, each.trace
        )
    except GatewayError as error:
        return Rejected(error)
    return _Drafted(each.measurement, draft)


def _collides(outcome: Outcome) -> bool:
    return isinstance(outcome, Taken) or (isinstance(outcome, Kept) and outcome.duplicate)


def _check_grant(grant: Grant, key: RoutingKey) -> None:
    if not grant.allows(key):
        raise ForbiddenError("the token does not reach this place or sensor")

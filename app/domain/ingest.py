"""From a device's body to receipts: check, score, keep. What is kept reaches the hub by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from app.domain import measurement as measurements
from app.domain import notice
from app.domain.decoding import decode
from app.domain.measurement import Measurement
from app.domain.received_times import ReceivedTimes
from app.domain.timestamps import TooOldError, parse_time
from app.errors import ConflictError, ForbiddenError, GatewayError, TooLargeError
from app.model import Topic
from app.protocol.topics import Grant
from app.storage.base import Draft, Kept, Outcome, Past, Store

SENSORS_REMEMBERED = 10_000
"""Sensors that send no timestamps and whose last received time is held."""

_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


class UnknownSensorError(ForbiddenError):
    code = "unknown_sensor"


class TakenError(ConflictError):
    code = "measurement_exists"


@dataclass(frozen=True, slots=True)
class Sender:
    """On whose behalf something comes in: the token's tenant and what it is narrowed to."""

    tenant: str
    grant: Grant


@dataclass(frozen=True, slots=True)
class Rejected:
    error: GatewayError


Receipt = dict[str, Any]
"""`status` (`stored`, `duplicate`) and the members a device may want to know of its measurement."""


class Ingest:
    """`clock` gives wall time in seconds; `max_ahead` is how far (s) a device's may be ahead."""

    def __init__(
        self, store: Store, clock: Callable[[], float], *, max_ahead: float, max_batch: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._max_ahead_ms = round(max_ahead * 1000)
        self._max_batch = max_batch
        self._received = ReceivedTimes(SENSORS_REMEMBERED)

    def split(self, body: bytes) -> list[msgspec.Raw] | None:
        """The items of a batch, or None for one measurement."""
        if body.lstrip()[:1] != b"[":
            return None
        items = decode(_ITEMS, body)
        if len(items) > self._max_batch:
            raise TooLargeError(f"a batch has at most {self._max_batch} measurements")
        return items

    async def one(self, sender: Sender, body: bytes) -> Receipt:
        """Keep one measurement; raise a `GatewayError` that says why not."""
        (answer,) = await self._keep([self._admit(sender, body)])
        if isinstance(answer, Rejected):
            raise answer.error
        return answer

    async def batch(
        self, sender: Sender, items: Sequence[bytes | msgspec.Raw]
    ) -> list[Receipt | Rejected]:
        """An answer per item, in order. The good ones are kept whatever the others are."""
        admitted: list[_Admitted | Rejected] = []
        for item in items:
            try:
                admitted.append(self._admit(sender, item))
            except GatewayError as error:
                admitted.append(Rejected(error))
        good = [item for item in admitted if isinstance(item, _Admitted)]
        answers = iter(await self._keep(good) if good else ())
        return [item if isinstance(item, Rejected) else next(answers) for item in admitted]

    async def publish(self, sender: Sender, topic: Topic, body: bytes) -> Receipt:
        """Keep what a service publishes on a topic other than measurements."""
        draft = notice.draft(topic, body, sender.tenant, self._now_ms(), self._max_ahead_ms)
        _check_grant(sender.grant, draft)
        (outcome,) = await self._store.append([draft])
        assert isinstance(outcome, Kept)  # noqa: S101  (only measurements have an identity)
        return {"status": "stored", "position": str(outcome.publication.position)}

    def _admit(self, sender: Sender, body: bytes | msgspec.Raw) -> "_Admitted":
        received_ms = self._now_ms()
        measurement = measurements.parse(body, sender.tenant)
        sensors = sender.grant.sensors
        if sensors is not None and measurement.sensor_id not in sensors:
            raise UnknownSensorError("the token does not name this sensor", field="sensor_id")
        time_ms = self._time(measurement, sender.tenant, received_ms)
        draft = measurements.draft(measurement, sender.tenant, time_ms, received_ms)
        _check_grant(sender.grant, draft)
        return _Admitted(measurement, draft)

    async def _keep(self, admitted: Sequence["_Admitted"]) -> list[Receipt | Rejected]:
        outcomes = await self._store.append([item.draft for item in admitted])
        return [
            await self._answer(item, outcome)
            for item, outcome in zip(admitted, outcomes, strict=True)
        ]

    async def _answer(self, item: "_Admitted", outcome: Outcome) -> Receipt | Rejected:
        """A time the gateway chose is moved on until it is free: it must never collide.

        It rarely does: only with a time that the device gave itself, or just after a restart.
        """
        while item.measurement.timestamp is None and not _fresh(outcome):
            item = self._at_another_time(item)
            (outcome,) = await self._store.append([item.draft])
        if isinstance(outcome, Kept):
            status: Literal["stored", "duplicate"] = "duplicate" if outcome.duplicate else "stored"
            return _receipt(status, outcome)
        if isinstance(outcome, Past):
            return Rejected(TooOldError("the timestamp is past what is kept", field="timestamp"))
        return Rejected(
            TakenError("this sensor has another measurement at this time", field="timestamp")
        )

    def _time(self, measurement: Measurement, tenant: str, received_ms: int) -> int:
        if measurement.timestamp is None:
            return self._received.next_ms(tenant, measurement.sensor_id, received_ms)
        return parse_time(measurement.timestamp, received_ms, self._max_ahead_ms)

    def _at_another_time(self, item: "_Admitted") -> "_Admitted":
        kept = item.draft
        time_ms = self._received.next_ms(kept.tenant, item.measurement.sensor_id, kept.time_ms)
        draft = measurements.draft(item.measurement, kept.tenant, time_ms, kept.received_ms)
        return _Admitted(item.measurement, draft)

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


@dataclass(frozen=True, slots=True)
class _Admitted:
    measurement: Measurement
    draft: Draft


def _fresh(outcome: Outcome) -> bool:
    return isinstance(outcome, Kept) and not outcome.duplicate


def _check_grant(grant: Grant, draft: Draft) -> None:
    if not grant.allows(draft.key):
        raise ForbiddenError("the token does not reach this place or sensor")


class _Told(msgspec.Struct):
    """What of the kept message stands in the receipt."""

    sensor_id: str
    timestamp: str
    received_at: str
    global_score: int | None
    global_level: str | None
    position: str


_TOLD = msgspec.json.Decoder(_Told)


def _receipt(status: str, kept: Kept) -> Receipt:
    return {"status": status, **msgspec.structs.asdict(_TOLD.decode(kept.publication.text))}

"""From a device's body to receipts: check, score, keep. What is kept reaches the hub by itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgspec

from app.domain import measurement as measurements
from app.domain import notice
from app.domain.decoding import decode
from app.domain.measurement import Measurement
from app.errors import ConflictError, ForbiddenError, GatewayError, TooLargeError
from app.model import Topic
from app.protocol.topics import Grant
from app.storage.base import Draft, Kept, Outcome, Store

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

    async def batch(self, sender: Sender, items: Sequence[msgspec.Raw]) -> list[Receipt | Rejected]:
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
        time_ms = measurements.time_of(measurement, received_ms, self._max_ahead_ms)
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
        """A time the gateway chose is moved on until it is free: it must never collide."""
        while item.measurement.timestamp is None and not _fresh(outcome):
            item = item.a_millisecond_later()
            (outcome,) = await self._store.append([item.draft])
        if isinstance(outcome, Kept):
            status: Literal["stored", "duplicate"] = "duplicate" if outcome.duplicate else "stored"
            return _receipt(status, outcome)
        return Rejected(
            TakenError("this sensor has another measurement at this time", field="timestamp")
        )

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)


@dataclass(frozen=True, slots=True)
class _Admitted:
    measurement: Measurement
    draft: Draft

    def a_millisecond_later(self) -> "_Admitted":
        kept = self.draft
        draft = measurements.draft(
            self.measurement, kept.tenant, kept.time_ms + 1, kept.received_ms
        )
        return replace(self, draft=draft)


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

"""A sensor's measurement: the body it sends and the documented message that comes of it."""

from functools import lru_cache
from typing import Annotated

import msgspec

from app.domain.decoding import decode
from app.errors import ForbiddenError, InvalidInputError
from app.iaq.message import in_order, measurement_head, measurement_message
from app.iaq.quantities import canonical
from app.iaq.score import global_score
from app.model import RoutingKey, Topic
from app.storage.base import Draft, Reading

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128, pattern=r"\A[^\x00-\x1f\x7f]+\Z")]
Quantity = Annotated[str, msgspec.Meta(pattern=r"\A[A-Za-z][A-Za-z0-9_.-]{0,63}\Z")]
Number = (
    Annotated[int, msgspec.Meta(ge=-1_000_000_000, le=1_000_000_000)]
    | Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
)

MEMBERS = frozenset(
    {
        "type", "timestamp", "sensor_id", "enseigne", "salle", "values", "tenant",
        "global_score", "global_level", "backlog", "received_at", "position",
    }
)  # fmt: skip
"""Members of the message that no quantity's flat name may take."""


class Measurement(msgspec.Struct, forbid_unknown_fields=True, frozen=True, gc=False):
    """The body of `POST /api/ingest`. Units: ppm, µg/m³, mg/m³, °C, %RH."""

    sensor_id: str
    enseigne: str
    salle: str
    values: Annotated[dict[str, Number], msgspec.Meta(min_length=1, max_length=64)]
    timestamp: Annotated[str, msgspec.Meta(max_length=64)] | int | float | None = None
    """A number is taken here so that `parse_time` can say what is wrong with it."""
    tenant: str | None = None
    """Not needed: the token says it. Where a sender states it, it must be the token's."""


class _Named(Measurement, frozen=True, gc=False):
    """And what names may be. Matching them takes 8.6 µs, the rest of decoding 0.8."""

    sensor_id: Name
    enseigne: Name
    salle: Name
    values: Annotated[dict[Quantity, Number], msgspec.Meta(min_length=1, max_length=64)]


class WrongTenantError(ForbiddenError):
    code = "wrong_tenant"


_DECODER = msgspec.json.Decoder(_Named)
_UNNAMED = msgspec.json.Decoder(Measurement)


def parse(body: bytes | msgspec.Raw, tenant: str) -> Measurement:
    """Raise `BadRequestError`, `InvalidInputError` or `WrongTenantError`."""
    measurement = _quickly(body) or decode(_DECODER, body)
    if measurement.tenant not in (None, tenant):
        raise WrongTenantError("the token is another tenant's")
    return measurement


def routing_key(measurement: Measurement) -> RoutingKey:
    return RoutingKey(
        Topic.MEASUREMENTS, measurement.enseigne, measurement.salle, measurement.sensor_id
    )


def draft(
    measurement: Measurement, tenant: str, time_ms: int, received_ms: int, trace: str = ""
) -> Draft:
    """Raise `InvalidInputError` for two names of one quantity or a name that is taken."""
    values = in_order(_canonical(measurement.values))
    key = routing_key(measurement)
    reading = Reading(values, global_score(values))
    return Draft(
        tenant=tenant,
        key=key,
        time_ms=time_ms,
        received_ms=received_ms,
        head=measurement_head(key, values, (time_ms, received_ms), reading.score),
        reading=reading,
        trace=trace,
    )


def message_of(
    sensor_id: str, enseigne: str, salle: str, values: dict[str, int | float], time_ms: int
) -> dict[str, object]:
    """The documented message, field for field, and the level in words after it."""
    key = RoutingKey(Topic.MEASUREMENTS, enseigne, salle, sensor_id)
    return measurement_message(key, in_order(values), time_ms, global_score(values))


def _quickly(body: bytes | msgspec.Raw) -> Measurement | None:
    """With names that were seen before; None for what is to be looked at closely."""
    try:
        measurement = _UNNAMED.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    named = _are_names(measurement.sensor_id, measurement.enseigne, measurement.salle)
    return measurement if named and _are_quantities(tuple(measurement.values)) else None


@lru_cache(maxsize=4_096)
def _are_names(*texts: str) -> bool:
    return _all(texts, tuple[Name, ...])


@lru_cache(maxsize=1_024)
def _are_quantities(texts: tuple[str, ...]) -> bool:
    return _all(texts, tuple[Quantity, ...])


def _all(texts: tuple[str, ...], kind: object) -> bool:
    try:
        msgspec.convert(texts, kind)
    except msgspec.ValidationError:
        return False
    return True


def _canonical(values: dict[str, int | float]) -> dict[str, int | float]:
    return dict(zip(_spelled(tuple(values)), values.values(), strict=True))


@lru_cache(maxsize=1_024)
def _spelled(sent: tuple[str, ...]) -> tuple[str, ...]:
    named = tuple(map(canonical, sent))
    flat = {name.lower() for name in named}
    if len(flat) < len(sent):
        raise InvalidInputError("two values differ only in case", field="values")
    if flat & MEMBERS:
        raise InvalidInputError("a value has the name of a member of the message", field="values")
    return named

"""What services publish beside measurements: predictions, actions, alerts, module states."""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

from app.domain.decoding import decode
from app.domain.measurement import Name, Number, Quantity
from app.domain.timestamps import parse_time
from app.model import RoutingKey, Topic, wire_time
from app.storage.base import Draft

Text = Annotated[str, msgspec.Meta(min_length=1, max_length=2_000)]
Timestamp = Annotated[str, msgspec.Meta(max_length=64)]


class Prediction(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """What a room's quantities will be, `horizon_minutes` after `timestamp`."""

    enseigne: Name
    salle: Name
    horizon_minutes: Annotated[int, msgspec.Meta(ge=1, le=525_600)]
    values: Annotated[dict[Quantity, Number], msgspec.Meta(min_length=1, max_length=64)]
    sensor_id: Name | None = None
    timestamp: Timestamp | None = None
    confidence: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None
    model: Name | None = None


class Action(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """What somebody or something should do, e.g. `open_window`."""

    enseigne: Name
    salle: Name
    action: Name
    sensor_id: Name | None = None
    module_id: Name | None = None
    timestamp: Timestamp | None = None
    priority: Literal["low", "normal", "high"] | None = None
    reason: Text | None = None


class Alert(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """A state that a person should know of; `alert_id` ties its updates and its end to it."""

    enseigne: Name
    salle: Name
    severity: Literal["info", "warning", "critical"]
    state: Literal["raised", "updated", "resolved"]
    message: Text
    alert_id: Name | None = None
    sensor_id: Name | None = None
    timestamp: Timestamp | None = None
    quantity: Quantity | None = None
    value: Number | None = None
    threshold: Number | None = None


class Module(msgspec.Struct, forbid_unknown_fields=True, frozen=True, omit_defaults=True):
    """The state of a thing in a room, e.g. a window that is `open`."""

    enseigne: Name
    salle: Name
    module_id: Name
    kind: Literal["window", "door", "ventilation", "purifier", "radiator", "sensor"]
    state: Name
    sensor_id: Name | None = None
    timestamp: Timestamp | None = None


Notice = Prediction | Action | Alert | Module

SCHEMAS: dict[Topic, type[Notice]] = {
    Topic.PREDICTIONS: Prediction,
    Topic.ACTIONS: Action,
    Topic.ALERTS: Alert,
    Topic.MODULES: Module,
}
_DECODERS = {topic: msgspec.json.Decoder(schema) for topic, schema in SCHEMAS.items()}
_encode = msgspec.json.Encoder().encode


def draft(topic: Topic, body: bytes, tenant: str, received_ms: int, max_ahead_ms: int) -> Draft:
    """Raise `BadRequestError` or `InvalidInputError` for what the topic's schema does not take."""
    notice: Notice = decode(_DECODERS[topic], body)
    stated = notice.timestamp
    time_ms = received_ms if stated is None else parse_time(stated, received_ms, max_ahead_ms)
    key = RoutingKey(topic, notice.enseigne, notice.salle, notice.sensor_id)
    return draft_of(tenant, key, msgspec.to_builtins(notice), time_ms, received_ms)


def draft_of(
    tenant: str, key: RoutingKey, content: Mapping[str, object], time_ms: int, received_ms: int
) -> Draft:
    """A notice with the members that each has; its end stays open for the position."""
    message = {
        "type": key.topic.value.removesuffix("s"),
        **content,
        "timestamp": wire_time(time_ms),
        "received_at": wire_time(received_ms),
    }
    return Draft(tenant, key, time_ms, received_ms, head=_encode(message)[:-1])

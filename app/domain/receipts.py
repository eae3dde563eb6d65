"""What a sender is told of what it sent."""

from dataclasses import dataclass
from typing import Literal

import msgspec
from msgspec import UNSET, UnsetType

from app.domain.clocks import ClockOffset
from app.errors import GatewayError
from app.storage.base import Kept


class Receipt(msgspec.Struct, kw_only=True, gc=False):
    """Of a measurement that is kept."""

    status: Literal["stored", "duplicate"] = "stored"
    sensor_id: str
    timestamp: str
    received_at: str
    global_score: int | None
    global_level: str | None
    position: str
    backlog: bool | UnsetType = UNSET
    clock_jump_ms: int | UnsetType = UNSET
    """By how much the sensor's clock jumped against the gateway's since its last measurement."""
    clock: ClockOffset | UnsetType = UNSET
    """Of a request that is one measurement; a batch's stands beside its results."""


class Published(msgspec.Struct):
    """Of a notice that is kept."""

    status: Literal["stored"]
    position: str


class Rejected(msgspec.Struct, frozen=True):
    error: GatewayError


@dataclass(frozen=True, slots=True)
class Answer:
    """To a batch."""

    results: list[Receipt | Rejected]
    """One per item, in order."""
    clock: ClockOffset | None
    """Of the device, where it is off by more than a way may take."""


_OF_MESSAGE = msgspec.json.Decoder(Receipt)


def receipt(kept: Kept) -> Receipt:
    """Its members stand in the message that was kept."""
    told = _OF_MESSAGE.decode(kept.publication.text)
    if kept.duplicate:
        told.status = "duplicate"
    return told


def sole(answer: Answer) -> Receipt:
    """Of a batch of one; raise the error of one that is rejected."""
    (result,) = answer.results
    if isinstance(result, Rejected):
        if answer.clock is not None:
            result.error.details["clock"] = answer.clock
        raise result.error
    if answer.clock is not None:
        result.clock = answer.clock
    return result

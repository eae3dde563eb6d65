"""Who sends, and what its measurements are charged to."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from app.protocol.topics import Grant


@dataclass(frozen=True, slots=True)
class Sender:
    """On whose behalf something comes in: the token's tenant and what it is narrowed to."""

    tenant: str
    grant: Grant
    trace: str = ""
    """The context of what comes in, where that is traced."""


class Lane(StrEnum):
    """Each has budgets of its own: what a device catches up on must not starve what is now."""

    LIVE = "live"
    """What cannot be read counts as live."""
    BACKLOG = "backlog"


Charge = Callable[[Lane, int], None]
"""Charges a sender for so many measurements of a lane. Raises a `GatewayError` where the budget
does not reach: then nothing was charged."""

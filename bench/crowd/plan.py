"""What goes into the crowd's process, and what comes out."""

from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

Owed = Mapping[tuple[str, str], "array[int]"]
"""By tenant and topic, the sequences of all that is kept, in order."""


class Viewer(NamedTuple):
    """Who a dashboard is."""

    tenant: str
    token: str
    topic: str
    slow: bool = False


class Plan(NamedTuple):
    port: int
    authority: Path
    viewers: Sequence[Viewer]
    spread: float
    """Seconds within which all come."""


class Findings(NamedTuple):
    """Times are seconds since the epoch."""

    curve: list[tuple[float, int]]
    """How many were live at a time."""
    handshakes: list[tuple[float, float]]
    """When each was greeted, and how long it took from connecting."""
    absences: list[tuple[float, float]]
    """When one that had been cut off was caught up again, and after how long."""
    ages: list[tuple[float, float]]
    """When a message came, and how long after the gateway had received it."""
    ends: Counter[str]
    """Of connections, and of attempts at one; a client tries again."""
    seen: Counter[str]
    """What a person would have seen."""
    received: int
    faults: list[str]
    """Of each that did not get everything, once and in order."""
    cpu: float
    """Seconds that the process took."""

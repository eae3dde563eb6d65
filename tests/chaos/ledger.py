"""What devices sent and what the gateway acknowledged, held against what anyone else has seen."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

SHOWN = 3
"""Examples in a fault."""


class Numbered(NamedTuple):
    """One measurement: the sensor's number is its CO2."""

    sensor_id: str
    number: int


class Seen(NamedTuple):
    """One measurement as a reader got it."""

    measurement: Numbered
    position: str

    @classmethod
    def of(cls, message: dict[str, Any]) -> "Seen":
        number = message["values"]["CO2"]
        return cls(Numbered(message["sensor_id"], number), message["position"])


@dataclass(slots=True)
class Ledger:
    sent: set[Numbered] = field(default_factory=set)
    acknowledged: dict[Numbered, str] = field(default_factory=dict)
    """With the position that the receipt told."""
    duplicates: int = 0
    """Receipts that say so: the first answer was lost."""
    resent: int = 0
    """Requests sent once more."""
    refusals: Counter[str] = field(default_factory=Counter)
    """Answers that ask to try again, by status."""
    longest_outage: float = 0.0
    """Seconds between two acknowledgements, over all devices."""
    faults: list[str] = field(default_factory=list)
    """What a device saw that must not be."""
    _last: float = 0.0

    def acknowledge(self, measurement: Numbered, receipt: dict[str, Any]) -> None:
        now = time.monotonic()
        if self._last:
            self.longest_outage = max(self.longest_outage, now - self._last)
        self._last = now
        self.duplicates += receipt["status"] == "duplicate"
        self.acknowledged[measurement] = receipt["position"]

    def compare_kept(self, kept: Sequence[Seen]) -> list[str]:
        """Faults of what is kept, each once, where each acknowledgement says."""
        faults = self._compare("store", [seen.measurement for seen in kept])
        at = {seen.measurement: seen.position for seen in kept}
        moved = [one for one, position in self.acknowledged.items() if at.get(one) != position]
        faults += _fault("store", "not where the receipt said", moved)
        return faults

    def compare_history(self, records: Sequence[Seen]) -> list[str]:
        return self._compare("history", [seen.measurement for seen in records])

    def _compare(self, who: str, found: Sequence[Numbered]) -> list[str]:
        counted = Counter(found)
        return [
            *_fault(who, "acknowledged but lost", self.acknowledged.keys() - counted.keys()),
            *_fault(who, "doubled", [one for one, count in counted.items() if count > 1]),
            *_fault(who, "never sent", counted.keys() - self.sent),
        ]


def compare_received(who: str, received: Sequence[Seen], expected: Sequence[Seen]) -> list[str]:
    """Faults of a reader that was owed exactly these, in this order."""
    if received == expected:
        return []
    counted = Counter(received)
    faults = [
        *_fault(who, "lost", [seen for seen in expected if seen not in counted]),
        *_fault(who, "doubled", [seen for seen, count in counted.items() if count > 1]),
        *_fault(who, "not its own", counted.keys() - set(expected)),
    ]
    return faults or [f"{who}: out of order"]


def _fault(who: str, what: str, which: Any) -> list[str]:
    examples = sorted(which)
    if not examples:
        return []
    return [f"{who}: {len(examples)} {what}, as {[tuple(one) for one in examples[:SHOWN]]}"]

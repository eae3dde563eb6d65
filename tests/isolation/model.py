"""What one tenant has done, and by that alone what each of its own must see.

Written anew from docs/protocol.md: it shares nothing with the gateway's own idea of topics and
grants.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

SENSORS = ("s1", "s2", "s3")
PLACES = (("Maison", "Bureau"), ("Maison", "Salon"), ("Bistrot", "Salle"))
TOPICS = ("measurements", "predictions", "actions", "alerts", "modules")
TYPES = dict(zip(TOPICS, ("measurement", "prediction", "action", "alert", "module"), strict=True))
MARKS = {
    "predictions": "model",
    "actions": "reason",
    "alerts": "message",
    "modules": "module_id",
}
"""The member that bears a notice's mark: whose it is, and which."""

Seen = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """A publication of the tenant's."""

    position: str
    topic: str
    enseigne: str
    salle: str
    sensor: str | None
    content: Any
    """A measurement's values, a notice's mark."""
    timestamp: str = ""

    def seen(self) -> Seen:
        return (
            self.position,
            TYPES[self.topic],
            self.enseigne,
            self.salle,
            self.sensor,
            self.content,
        )


def seen(message: dict[str, Any]) -> Seen:
    """A message as it came, in the form of `Kept.seen`."""
    kind = message["type"]
    topic = next(topic for topic, its in TYPES.items() if its == kind)
    content = message["values"] if topic == "measurements" else message[MARKS[topic]]
    place = message["enseigne"], message["salle"]
    return (message["position"], kind, *place, message.get("sensor_id"), content)


@dataclass(frozen=True, slots=True)
class Granted:
    """What a token is narrowed to; None: not at all."""

    topics: tuple[str, ...] | None = None
    sensors: tuple[str, ...] | None = None

    def shows(self, kept: Kept) -> bool:
        if self.sensors is not None and kept.sensor not in self.sensors:
            return False
        return self.topics is None or any(matches(topic, kept) for topic in self.topics)

    def claims(self) -> dict[str, Any]:
        return {"topics": self.topics, "sensors": self.sensors}


def matches(topic: str, kept: Kept) -> bool:
    name, _, place = topic.partition(":")
    enseigne, _, salle = place.partition("/")
    return (
        name in ("all", kept.topic)
        and enseigne in ("", kept.enseigne)
        and salle in ("", kept.salle)
    )


@dataclass
class Model:
    log: list[Kept] = field(default_factory=list)
    """In the order of positions."""
    readings: dict[tuple[str, str], Kept] = field(default_factory=dict)
    """By sensor and timestamp."""
    users: dict[str, bool] = field(default_factory=dict)
    """Whether each is disabled."""
    devices: dict[str, str] = field(default_factory=dict)
    """The token that each goes by."""

    def visible(self, topics: frozenset[str], granted: Granted, after: str | None) -> list[Kept]:
        """After a position of the tenant's own, or all."""
        start = 0
        if after is not None:
            start = 1 + next(at for at, kept in enumerate(self.log) if kept.position == after)
        return [
            kept
            for kept in self.log[start:]
            if granted.shows(kept) and any(matches(topic, kept) for topic in topics)
        ]

    def history(self, granted: Granted, enseigne: str | None, limit: int) -> list[Kept]:
        chosen = [
            kept
            for kept in self.readings.values()
            if granted.shows(kept) and enseigne in (None, kept.enseigne)
        ]
        order = {kept.position: at for at, kept in enumerate(self.log)}
        chosen.sort(key=lambda kept: (kept.timestamp, order[kept.position]))
        return chosen[-limit:]


def subscriptions(each: list[frozenset[str]]) -> dict[str, int]:
    """As the statistics count them: a narrowed topic under its name, once for a connection."""
    counts = Counter(name for topics in each for name in {t.partition(":")[0] for t in topics})
    return {name: counts[name] for name in (*TOPICS, "all")}

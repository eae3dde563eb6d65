"""The documented statistics: how many connections there are, and what they subscribe to."""

from dataclasses import dataclass

from app.domain.hub import Hub
from app.protocol.topics import NAMES


@dataclass(frozen=True, slots=True)
class Stats:
    active_connections: int
    subscriptions: dict[str, int]


def stats(hub: Hub, tenant: str | None) -> Stats:
    """One tenant's, or with None everyone's. A narrowed topic counts under its name."""
    counts = dict.fromkeys(NAMES, 0)
    connections = 0
    for name, channel in hub.channels.items():
        if tenant not in (None, name):
            continue
        for audience in channel.audiences.values():
            connections += len(audience.members)
            for topic in {chosen.name for chosen in audience.selection.chosen}:
                counts[topic] += len(audience.members)
    return Stats(connections, counts)

"""The documented statistics: how many connections there are, and what they subscribe to."""

from dataclasses import dataclass

from msgspec.msgpack import decode, encode

from app.brokers.cluster import Cluster
from app.domain.hub import Hub
from app.protocol.topics import NAMES

_KIND = "stats"


@dataclass(frozen=True, slots=True)
class Stats:
    active_connections: int
    subscriptions: dict[str, int]

    def plus(self, other: "Stats") -> "Stats":
        mine, theirs = self.subscriptions, other.subscriptions
        return Stats(
            self.active_connections + other.active_connections,
            {name: mine[name] + theirs.get(name, 0) for name in mine},
        )


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


class Statistics:
    """Of all gateways, where they form a cluster; one that does not answer in time is left out."""

    def __init__(self, hub: Hub, cluster: Cluster | None) -> None:
        self._hub = hub
        self._cluster = cluster
        if cluster:
            cluster.respond(_KIND, self._answer)

    async def of(self, tenant: str | None) -> Stats:
        """As `stats`."""
        told = stats(self._hub, tenant)
        if self._cluster:
            for answer in await self._cluster.request(_KIND, encode(tenant)):
                told = told.plus(decode(answer, type=Stats))
        return told

    async def _answer(self, body: bytes) -> bytes:
        return encode(stats(self._hub, decode(body, type=str | None)))

"""All that one run measured, by peer, and how to get it."""

import sys
from collections.abc import Collection
from dataclasses import dataclass, field

from bench import workloads
from bench.load import LoadError
from bench.peers import centrifugo, gateway, mosquitto, nats, nchan, plain
from bench.peers.base import MissingError, Peer, Running, workplace
from bench.workloads import Fanout, Flow, Opening

WORK = ("connections", "dashboards", "fanout", "ingest")
PEERS = (
    plain.FLOOR,
    gateway.PLAIN,
    plain.BROADCAST,
    nats.PLAIN,
    nchan.PLAIN,
    mosquitto.PLAIN,
    centrifugo.PLAIN,
    gateway.STACK,
    nats.TLS,
    nchan.TLS,
    mosquitto.TLS,
    centrifugo.TLS,
)


@dataclass(slots=True)
class Result:
    """Of one peer; what was not asked for, or could not be done, is missing."""

    peer: Peer
    split: str = ""
    openings: list[Opening] = field(default_factory=list)
    dashboards: Flow | None = None
    fanouts: list[Fanout] = field(default_factory=list)
    ingest: tuple[Flow, Flow] | None = None
    skipped: str = ""

    def fanout(self, feed: str = "") -> Fanout | None:
        """By a feed's name, else the first."""
        return next((one for one in self.fanouts if feed in {"", one.feed}), None)


def measure(work: Collection[str], names: Collection[str]) -> list[Result]:
    """One peer after the other, each by itself on the machine."""
    return [_measured(peer, work) for peer in PEERS if not names or peer.name in names]


def _measured(peer: Peer, work: Collection[str]) -> Result:
    result = Result(peer)
    _say(f"{peer.name}{' with TLS' * peer.tls}")
    try:
        with workplace() as folder, peer.start(folder) as running:
            result.split = running.split
            _measure(result, running, work)
    except (MissingError, LoadError) as error:
        result.skipped = str(error)
        _say(f"  skipped: {error}")
    return result


def _measure(result: Result, running: Running, work: Collection[str]) -> None:
    """The connections first: later a server holds memory that they would get for nothing."""
    if "connections" in work:
        result.openings.extend(workloads.openings(running))
    if "dashboards" in work and result.peer.tls:
        result.dashboards = workloads.dashboards(running)
    if "fanout" in work:
        result.fanouts.extend(workloads.fanout(running))
    if "ingest" in work and result.peer.ours:
        result.ingest = workloads.ingest(running)


def _say(line: str) -> None:
    sys.stderr.write(f"bench: {line}\n")

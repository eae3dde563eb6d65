"""The work, the same for every peer, and what is noted of it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace

from bench.load import Load, Measured, Opened
from bench.peers.base import PUBLISHERS, Feed, Running
from bench.tools import load_command
from bench.usage import Usage, usage_of

SUBSCRIBERS = 500
BATCH = 16
DASHBOARDS, DASHBOARD_RATE = 50, 10
FILLING, IDLE = 3_000, 1_000
"""The first connections fill what a server's start left free: those after them show what one takes
(measured in the gateway: 2.1 KB each for the first thousand, 3.7 from the third on).
"""
WARM_SECONDS, MEASURED_SECONDS, PACED_SECONDS = 0.4, 2.0, 8.0
SETTLE_SECONDS = 1.5
"""Until a server has freed what the opening of connections left behind."""
_BUSY = 0.9


@dataclass(frozen=True, slots=True)
class Flow:
    """Publishing for a while, and what the server's processes used meanwhile."""

    measured: Measured
    usage: Usage

    @property
    def per_delivery_us(self) -> float:
        return self.usage.cpu_seconds / max(1, self.measured.delivered) * 1e6

    @property
    def per_message_us(self) -> float:
        return self.usage.cpu_seconds / max(1, self.measured.sent) * 1e6

    @property
    def deliveries_per_second(self) -> float:
        return self.measured.delivered / self.measured.seconds

    @property
    def client_was_busy(self) -> bool:
        """The rate is then the client's, not the server's; CPU per delivery is right even so."""
        return self.measured.client_cpu / self.measured.seconds > _BUSY


@dataclass(frozen=True, slots=True)
class Fanout:
    """Through one feed: one message at a time, then 32 publishers with one under way each, then
    with 16 each where the feed takes them together.
    """

    feed: str
    one: Flow
    many: Flow
    batched: Flow | None


@dataclass(frozen=True, slots=True)
class Opening:
    """Connections opened, and what stays of them once they are idle."""

    opened: Opened
    opening: Usage
    idle: Usage
    """Memory beyond what the server had before."""

    @property
    def handshake_ms(self) -> float:
        return self.opening.cpu_seconds / self.opened.opened * 1000

    @property
    def handshakes_per_second(self) -> float:
        return self.opened.opened / self.opened.seconds

    def kilobytes(self, program: str = "") -> float:
        pss = self.idle.pss
        return float(pss[program] if program else pss.total()) / self.opened.opened


def fanout(running: Running) -> Iterator[Fanout]:
    for feed in running.feeds:
        with _load(running, SUBSCRIBERS, feed, 1) as load:
            one = flow(load, running, window=1)
            many = flow(load, running, window=PUBLISHERS)
        if feed.publishers(BATCH) is None:
            yield Fanout(feed.name, one, many, None)
            continue
        with _load(running, SUBSCRIBERS, feed, BATCH) as load:
            batched = flow(load, running, window=PUBLISHERS * BATCH)
        yield Fanout(feed.name, one, many, batched)


def dashboards(running: Running) -> Flow:
    """At the pace of sensors: from the sender's clock to the clients'."""
    with _load(running, DASHBOARDS, running.feeds[-1], 1) as load:
        return flow(load, running, window=10_000, rate=DASHBOARD_RATE, seconds=PACED_SECONDS)


def ingest(running: Running) -> tuple[Flow, Flow]:
    """Nobody listens: single requests, then batches, by 32 senders that wait for each answer."""
    feed = running.feeds[-1]
    with _load(running, 0, feed, 1) as load:
        single = flow(load, running, window=PUBLISHERS)
    with _load(running, 0, feed, 100) as load:
        return single, flow(load, running, window=PUBLISHERS * 100)


def openings(running: Running) -> Iterator[Opening]:
    """1,000 connections beside those that fill; where credentials matter a second time, when they
    have been seen. What stays is compared with the server as it was before the first of the 1,000.
    """
    subscribers = running.subscribers
    fresh = replace(subscribers, heads=subscribers.heads[FILLING:] or subscribers.heads)
    with Load(load_command(), subscribers, FILLING):
        filled = _settled(running)
        for _ in range(2 if running.repeated else 1):
            before = _settled(running)
            with Load(load_command(), fresh, IDLE) as load:
                used = usage_of([running.pid]).since(before)
                yield Opening(load.opened, used, _settled(running).since(filled))


def flow(
    load: Load, running: Running, *, window: int, rate: float = 0, seconds: float = MEASURED_SECONDS
) -> Flow:
    load.run(WARM_SECONDS, window, rate)
    before = usage_of([running.pid])
    measured = load.run(seconds, window, rate)
    return Flow(measured, usage_of([running.pid]).since(before))


def _load(running: Running, subscribers: int, feed: Feed, batch: int) -> Load:
    return Load(load_command(), running.subscribers, subscribers, feed.publishers(batch))


def _settled(running: Running) -> Usage:
    time.sleep(SETTLE_SECONDS)
    return usage_of([running.pid])

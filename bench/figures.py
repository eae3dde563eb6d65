"""The figures to reach, and whether this run reached them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.results import Result
from bench.workloads import Flow

HUB = "hub alone"


@dataclass(frozen=True, slots=True)
class Figure:
    what: str
    goal: float
    measured: float
    unit: str
    at_least: bool = False

    @property
    def reached(self) -> bool:
        return self.measured >= self.goal if self.at_least else self.measured <= self.goal


def figures(results: Sequence[Result]) -> list[Figure]:
    """As many as the run has the numbers for."""
    by_name = {(result.peer.name, result.peer.tls): result for result in results}
    plain, stack = by_name.get(("gateway", False)), by_name.get(("gateway behind nginx", True))
    found: list[Figure] = []
    if plain:
        found += [*_fanout(plain, by_name.get(("NATS", False)), "", 1.2), *_alone(plain)]
    if stack:
        found += [*_fanout(stack, by_name.get(("NATS", True)), ", nginx TLS", 2.3), *_stack(stack)]
    return found


def _fanout(ours: Result, nats: Result | None, where: str, goal: float) -> Iterator[Figure]:
    fanout, peer = ours.fanout(HUB), nats.fanout() if nats else None
    if fanout is None:
        return
    many, one = fanout.many.per_delivery_us, fanout.one.per_delivery_us
    yield Figure(f"32 publishers{where}: CPU per delivery", goal, many, "µs")
    if peer:
        half = peer.many.per_delivery_us / 2
        yield Figure(f"32 publishers{where}: half of NATS", half, many, "µs")
    if not where:
        yield Figure("one message at a time: CPU per delivery", 9, one, "µs")
    elif peer:
        nats_one = peer.one.per_delivery_us
        yield Figure(f"one message at a time{where}: not above NATS", nats_one, one, "µs")


def _alone(plain: Result) -> Iterator[Figure]:
    if plain.openings:
        new, seen = plain.openings
        yield Figure("idle connection in the gateway", 4, seen.kilobytes(), "KB")
        yield Figure("handshake, token seen before: CPU", 0.5, seen.handshake_ms, "ms")
        yield Figure("handshake, new token: CPU", 0.8, new.handshake_ms, "ms")
    if plain.ingest:
        single, batched = plain.ingest
        yield Figure("durable single POSTs, one core", 2_000, _per_core(single), "/s", True)
        yield Figure(
            "durable batched measurements, one core", 30_000, _per_core(batched), "/s", True
        )


def _stack(stack: Result) -> Iterator[Figure]:
    if stack.openings:
        kilobytes = stack.openings[-1].kilobytes()
        yield Figure("idle connection, nginx and gateway", 45, kilobytes, "KB")
    if stack.dashboards:
        measured = stack.dashboards.measured
        yield Figure("ingest to 50 dashboards, nginx TLS: p50", 4, measured.p50_ms, "ms")
        yield Figure("ingest to 50 dashboards, nginx TLS: p99", 8, measured.p99_ms, "ms")


def _per_core(flow: Flow) -> float:
    return 1e6 / flow.per_message_us

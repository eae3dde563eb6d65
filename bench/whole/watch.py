"""What an operator sees meanwhile: each second, every gateway's metrics, health, CPU and memory."""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import httpx2
from prometheus_client.parser import text_string_to_metric_families

from bench.operation import WORKERS, Operation
from bench.usage import Usage
from bench.whole.buckets import Buckets, quantile, since, together
from tests.chaos.ledger import Ledger

SECOND = 1.0
TIMES = {
    "ingest": "iaqverse_ingest_seconds",
    "commit": "iaqverse_commit_seconds",
    "broker": "iaqverse_broker_lag_seconds",
}
DELIVERIES = "iaqverse_deliveries"
_MEGA = 1_024


class Health(NamedTuple):
    at: float
    status: str
    """`ready`, `degraded`, or the HTTP status that refused."""
    broken: tuple[str, ...]
    """The parts that are named."""
    seconds: float


@dataclass(slots=True)
class Look:
    """One second."""

    at: float
    deliveries: float = 0.0
    p50: dict[str, float] = field(default_factory=dict)
    """Milliseconds, by what took them."""
    p99: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    """Cores, by program."""
    memory: dict[str, float] = field(default_factory=dict)
    """MB, by program."""
    errors: Counter[str] = field(default_factory=Counter)
    """What devices were answered, by kind."""


class _Told(NamedTuple):
    """By one gateway."""

    deliveries: float
    times: Mapping[str, Buckets]


class Watch:
    def __init__(self, operation: Operation, ledger: Ledger) -> None:
        self.looks: list[Look] = []
        self.health: list[Health] = []
        self._operation, self._ledger = operation, ledger
        self._told: dict[int, _Told] = {}
        self._usage: dict[str, Usage] = {}
        self._errors: Counter[str] = Counter()

    async def run(self) -> None:
        """Until cancelled."""
        async with self._operation.stack.client() as client:
            self._usage = self._operation.usage()
            while True:
                await asyncio.sleep(SECOND)
                look = Look(time.time())
                await self._ask_health(client)
                await self._ask_gateways(client, look)
                self._weigh(look)
                look.errors = self._ledger.refusals - self._errors
                self._errors = Counter(self._ledger.refusals)
                self.looks.append(look)

    async def _ask_health(self, client: httpx2.AsyncClient) -> None:
        began = time.time()
        try:
            answer = await client.get("/health/ready")
        except httpx2.TransportError as error:
            self.health.append(Health(began, type(error).__name__, (), time.time() - began))
            return
        body = answer.json()
        status = str(body.get("status", answer.status_code))
        self.health.append(Health(began, status, _broken(body), time.time() - began))

    async def _ask_gateways(self, client: httpx2.AsyncClient, look: Look) -> None:
        grown: dict[str, list[Buckets]] = {name: [] for name in TIMES}
        for number in range(1, WORKERS + 1):
            told = await _told(client, number)
            if told is None:
                continue
            before = self._told.get(number, _Told(0.0, {}))
            more = told.deliveries - before.deliveries
            look.deliveries += more if more >= 0 else told.deliveries
            for name, buckets in told.times.items():
                grown[name].append(since(buckets, before.times.get(name, {})))
            self._told[number] = told
        for name, parts in grown.items():
            buckets = together(parts)
            look.p50[name], look.p99[name] = (quantile(buckets, q) * 1_000 for q in (0.5, 0.99))

    def _weigh(self, look: Look) -> None:
        usage = self._operation.usage()
        seconds = look.at - self.looks[-1].at if self.looks else SECOND
        for name, now in usage.items():
            spent = now.cpu_seconds - self._usage[name].cpu_seconds
            look.cpu[name] = max(0.0, spent) / seconds  # Redis begins anew when it is started again
            look.memory[name] = now.pss.total() / _MEGA
        self._usage = usage


async def _told(client: httpx2.AsyncClient, number: int) -> _Told | None:
    """None from one that is not there."""
    try:
        answer = await client.get(f"/metrics/{number}")
    except httpx2.TransportError:
        return None
    if answer.status_code != httpx2.codes.OK:
        return None
    deliveries, times = 0.0, dict[str, Buckets]()
    for family in text_string_to_metric_families(answer.text):
        if family.name == DELIVERIES:
            deliveries = family.samples[0].value
        for name, metric in TIMES.items():
            if family.name == metric:
                times[name] = {
                    float(sample.labels["le"]): sample.value
                    for sample in family.samples
                    if sample.name.endswith("_bucket")
                }
    return _Told(deliveries, times)


def _broken(body: dict[str, Any]) -> tuple[str, ...]:
    if "error" in body:
        return (str(body["error"].get("part")),)
    return tuple(name for name, state in body["parts"].items() if state == "unavailable")

"""A device as it is in the field: it numbers what it measures and resends until it is answered."""

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any

import httpx2
from iaqverse.wire import Body

from tests.chaos.sensors import Sensors

SHORTEST_PAUSE, LONGEST_PAUSE = 0.02, 0.3
"""Seconds before it resends: sooner than `Retry-After` asks, to meet the gateway at its worst."""
PATIENCE = 15.0
HASTE, HASTY = 0.003, 0.03
"""Seconds after which it gives up on an answer, as if its network failed; of how many requests."""


@dataclass(slots=True)
class Device:
    """Measures with several sensors, up to `most` at a time; one request is under way at most."""

    client: httpx2.AsyncClient
    sensors: Sensors
    most: int
    pause: float
    """Seconds between two requests."""
    random: Random

    async def run(self, stop: asyncio.Event) -> None:
        """Until `stop` and the last request has its answer."""
        while not stop.is_set():
            items = [self.sensors.measure() for _ in range(self.random.randint(1, self.most))]
            await self._deliver(items)
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), self.pause)

    async def _deliver(self, items: list[Body]) -> None:
        body = json.dumps(items[0] if len(items) == 1 else items).encode()
        pause = SHORTEST_PAUSE
        while (answer := await self._post(body)) is None:
            self.sensors.ledger.resent += 1
            await asyncio.sleep(self.random.uniform(SHORTEST_PAUSE, pause))
            pause = min(2 * pause, LONGEST_PAUSE)
        for item, receipt in zip(items, answer, strict=True):
            self.sensors.take(item, receipt)

    async def _post(self, body: bytes) -> list[dict[str, Any]] | None:
        """The receipts; None when nothing tells whether it was kept, or it was not."""
        headers = {"Content-Type": "application/json"}
        try:
            answer = await self.client.post(
                "/api/ingest", content=body, headers=headers, timeout=self._patience()
            )
        except httpx2.TransportError as error:
            self.sensors.ledger.refusals[type(error).__name__] += 1
            return None
        if answer.status_code == 200:
            content = answer.json()
            receipts: list[dict[str, Any]] = content.get("results") or [content]
            return receipts
        self.sensors.ledger.refusals[str(answer.status_code)] += 1
        if answer.status_code in (429, 502, 503, 504) and "Retry-After" not in answer.headers:
            self.sensors.ledger.faults.append(f"{answer.status_code} without Retry-After")
        if answer.status_code < 500 and answer.status_code != 429:
            self.sensors.ledger.faults.append(f"{answer.status_code}: {answer.text}")
        return None

    def _patience(self) -> float:
        return HASTE if self.random.random() < HASTY else PATIENCE

"""Two who are to be kept out, whatever else is going on: one floods, one has a forged token."""

import asyncio
import json
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx2
from iaqverse.wire import Place, measurement

from auth.keys import KeyRing, create_key
from auth.principal import Role
from auth.tokens import TokenIssuer
from bench.operation import Operation

TENANT = "intruder"
AT_ONCE = 50
PAUSE = 0.5
PLACE = Place("Ailleurs", "Nulle part", "flood")


@dataclass(slots=True)
class Intruders:
    let_in: int = 0
    """Measurements of the flood that were kept."""
    kept_out: int = 0
    forged: Counter[int] = field(default_factory=Counter)
    """Answers to the forged token, by status."""

    async def run(self, operation: Operation) -> None:
        """Until cancelled."""
        with TemporaryDirectory() as folder:
            forged = _forged(operation, Path(folder))
        async with operation.stack.client(Role.DEVICE, "flood", TENANT) as flood:
            while True:
                try:
                    await self._flood(flood)
                    headers = {"Authorization": f"Bearer {forged}"}
                    answer = await flood.get("/api/messages?topics=all", headers=headers)
                    self.forged[answer.status_code] += 1
                except httpx2.TransportError:
                    continue
                finally:
                    await asyncio.sleep(PAUSE)

    async def _flood(self, client: httpx2.AsyncClient) -> None:
        now = time.time()
        items = [measurement(PLACE, now - number / 100, {"CO2": 400}) for number in range(AT_ONCE)]
        headers = {"Content-Type": "application/json"}
        answer = await client.post("/api/ingest", content=json.dumps(items), headers=headers)
        if answer.status_code == httpx2.codes.OK:
            kept = sum("position" in receipt for receipt in answer.json()["results"])
        else:
            kept = 0
        self.let_in += kept
        self.kept_out += AT_ONCE - kept


def _forged(operation: Operation, folder: Path) -> str:
    """All is as it should be, but for the key."""
    create_key(folder / "keys")
    issuer = TokenIssuer(KeyRing.load(folder / "keys"), operation.stack.settings.token_issuer)
    return issuer.issue(
        subject="forger", tenant=TENANT, role=Role.DASHBOARD, ttl=3_600, now=time.time()
    )

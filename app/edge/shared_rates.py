"""Rates of several gateways: what each counts goes to Redis, and the sum of all comes back.

Nobody waits for that: a request is counted in this process, and a few times a second what was
counted is exchanged in one go, so that each learns the sum as it counts. A client at several
gateways is past its rate by at most what they let through in `EVERY` seconds, and one each. While
the broker is gone each gateway's own limits hold.
"""

import asyncio

from redis.asyncio import Redis

from app.brokers.connection import RedisLink
from app.edge.rate_storage import BoundedStorage
from app.errors import UnavailableError

EVERY = 0.25
"""Seconds between exchanges."""
_PREFIX = "iaqverse:rate:"


class SharedRates:
    def __init__(self, storage: BoundedStorage, link: RedisLink) -> None:
        self._storage = storage
        storage.shared = True
        self._link = link

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            await self.exchange()

    async def exchange(self) -> None:
        storage = self._storage
        counted, cleared = storage.take_uncounted()
        if not (counted or cleared):
            return
        try:
            found = await self._link.ask(lambda redis: _exchanged(redis, counted, cleared))
        except UnavailableError:
            storage.put_back(counted, cleared)
        else:
            for key, (total, left_ms) in found.items():
                storage.adopt(key, total, left_ms / 1_000)


async def _exchanged(
    redis: Redis, counted: dict[str, tuple[int, float]], cleared: set[str]
) -> dict[str, tuple[int, int]]:
    """For each key that was counted how often it was by all, and for how many ms that counts.

    The window that was opened first is everybody's.
    """
    pipeline = redis.pipeline(transaction=False)
    if cleared:
        pipeline.delete(*(_PREFIX + key for key in cleared))
    for key, (amount, left) in counted.items():
        pipeline.incrby(_PREFIX + key, amount)
        pipeline.pexpire(_PREFIX + key, max(1, round(left * 1_000)), nx=True)
        pipeline.pttl(_PREFIX + key)
    answers = (await pipeline.execute())[bool(cleared) :]
    return dict(zip(counted, zip(answers[::3], answers[2::3], strict=True), strict=True))

"""Slots of several gateways: each tells the others what it holds, so that a limit counts them all.

A change is told in the same turn of the loop. Who opens connections at two gateways at once can be
past a limit by what opens in the millisecond or so that this takes. While the broker is gone each
gateway counts its own, and those of the others as they were, for as long as they might be there.
"""

import asyncio
import time

import msgspec

from app.brokers.cluster import Cluster
from app.domain.slots import Slots

EVERY = 2.0
"""Seconds between full tables, which make good whatever was not heard."""
AWAY = 3 * EVERY
"""Seconds without one after which a gateway is gone, and its slots with it."""
_ALL, _SOME, _NEW = "slots", "slots changed", "slots wanted"


class SharedSlots:
    def __init__(self, slots: Slots, cluster: Cluster) -> None:
        self._slots = slots
        self._cluster = cluster
        self._changed: set[str] = set()
        self._heard: dict[str, float] = {}
        slots.changed = self._note
        cluster.on(_ALL, self._hear_all)
        cluster.on(_SOME, self._hear_some)
        cluster.on(_NEW, lambda _sender, _body: self._tell_all())

    async def run(self) -> None:
        """Until cancelled: say what is held, notice who is gone."""
        self._cluster.broadcast(_NEW, b"")
        while True:
            self._tell_all()
            await asyncio.sleep(EVERY)
            self._forget(time.monotonic())

    def _note(self, holder: str) -> None:
        if not self._changed:
            asyncio.get_running_loop().call_soon(self._tell_some)
        self._changed.add(holder)

    def _tell_some(self) -> None:
        held = self._slots.held
        told = {holder: held[holder] for holder in self._changed}
        self._changed.clear()
        self._cluster.broadcast(_SOME, msgspec.msgpack.encode(told))

    def _tell_all(self) -> None:
        self._cluster.broadcast(_ALL, msgspec.msgpack.encode(self._slots.held))

    def _hear_all(self, sender: str, body: bytes) -> None:
        self._heard[sender] = time.monotonic()
        self._slots.elsewhere[sender] = _counts(body)

    def _hear_some(self, sender: str, body: bytes) -> None:
        if sender in self._slots.elsewhere:
            self._slots.elsewhere[sender].update(_counts(body))

    def _forget(self, now: float) -> None:
        for name, heard in list(self._heard.items()):
            if now - heard > AWAY and self._cluster.joined.is_set():
                del self._heard[name], self._slots.elsewhere[name]


def _counts(body: bytes) -> dict[str, int]:
    return msgspec.msgpack.decode(body, type=dict[str, int])

"""Brings alerts to outlets: noted with the alert, sent until they are taken or given up."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial

import msgspec
import structlog

from app.errors import UnavailableError
from app.iaq.rules import Severity
from app.model import wire_time
from app.outlets.base import Outlet, Outlets, Send, UndeliveredError
from app.storage.base import Store
from app.storage.records import alerts, deliveries, documents
from app.storage.records.alerts import Alert
from app.storage.records.deliveries import Delivery
from app.storage.records.documents import Document, Kind
from app.storage.sql import Sql

LOOK_EVERY = 1.0
AT_ONCE = 16
OF_ONE = 2
"""Of them, of one tenant: a webhook that hangs holds nobody else up."""
PATIENCE = 30.0
"""Seconds for one try, well within the lease."""
LEASE_MS = 60_000
"""A gateway that ends meanwhile leaves it to another after so long."""
PAUSES_MS = tuple(1_000 * 5**tries for tries in range(6))
"""After each failure: 1 s, 5 s and so on to an hour nearly; after the last it is given up."""

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode
_OUTLETS = msgspec.json.Decoder(Outlets)
_OUTLET = msgspec.json.Decoder(Outlet)
_ALERT = msgspec.json.Decoder(dict[str, object])


class Notifier:
    """`senders` by kind of outlet; one that has none is passed by."""

    def __init__(
        self,
        store: Store,
        senders: Mapping[type[Outlet], Send],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self.senders = senders
        self._clock = clock
        self._under_way: dict[asyncio.Task[None], str] = {}
        """By try, its tenant."""
        self.outcomes: Counter[str] = Counter()
        """Deliveries that were `delivered`, `failed` and wait, were `given_up` or `dropped`."""

    def announce(self, sql: Sql, alert: Alert) -> None:
        """In the transaction that notes what turned."""
        for outlet in _outlets(documents.find(sql, alert.tenant, Kind.OUTLETS)):
            if alert.severity.rank >= Severity(outlet.least).rank and type(outlet) in self.senders:
                self._add(sql, alert, outlet)

    async def run(self) -> None:
        """Until cancelled. While the store does not answer, everything waits in it."""
        try:
            while True:
                with suppress(UnavailableError):
                    await self.begin()
                if len(self._under_way) < AT_ONCE:
                    await asyncio.sleep(LOOK_EVERY)
                else:
                    await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in self._under_way:
                task.cancel()

    async def deliver(self) -> int:
        """How many were due and were tried. Raise `UnavailableError`."""
        begun = await self.begin()
        await asyncio.gather(*self._under_way)
        return begun

    async def begin(self) -> int:
        """Try what is due, beside what is under way; of a tenant that has a try there, nothing.

        How many. Raise `UnavailableError`.
        """
        now_ms, room = int(self._clock() * 1_000), AT_ONCE - len(self._under_way)
        busy = set(self._under_way.values())
        due = await self._store.transact(
            lambda sql: deliveries.take(sql, now_ms, now_ms + LEASE_MS, room, OF_ONE, but=busy)
        )
        for delivery in due:
            task = asyncio.create_task(self._try(delivery))
            self._under_way[task] = delivery.tenant
            task.add_done_callback(self._under_way.pop)
        return len(due)

    async def _try(self, delivery: Delivery) -> None:
        with suppress(UnavailableError):  # then the lease ends, and it is tried again
            await self._send(delivery)

    async def _send(self, delivery: Delivery) -> None:
        try:
            outlet = _OUTLET.decode(delivery.outlet)
            async with asyncio.timeout(PATIENCE):
                await self.senders[type(outlet)](outlet, delivery.id, _ALERT.decode(delivery.alert))
        except UndeliveredError as error:
            await self._failed(delivery, str(error))
        except Exception as error:  # noqa: BLE001  (what a tenant wrote must not end the gateway)
            await self._failed(delivery, type(error).__name__)
        else:
            self.outcomes["delivered"] += 1
            await self._store.transact(partial(deliveries.remove, delivery_id=delivery.id))

    async def _failed(self, delivery: Delivery, why: str) -> None:
        log.warning("an alert was not delivered", tenant=delivery.tenant, error=why)
        if delivery.tries >= len(PAUSES_MS):
            self.outcomes["given_up"] += 1
            await self._store.transact(partial(deliveries.remove, delivery_id=delivery.id))
            return
        self.outcomes["failed"] += 1
        now_ms = int(self._clock() * 1_000)
        due_ms = now_ms + PAUSES_MS[delivery.tries]
        await self._store.transact(lambda sql: deliveries.put_off(sql, delivery, due_ms, tries=1))

    def _add(self, sql: Sql, alert: Alert, outlet: Outlet) -> None:
        delivery = Delivery(
            id=secrets.token_hex(16),
            tenant=alert.tenant,
            outlet=_encode(outlet).decode(),
            alert=_encode(_sent(alert)).decode(),
            tries=0,
            due_ms=int(self._clock() * 1_000),
        )
        if not deliveries.add(sql, delivery):
            self.outcomes["dropped"] += 1


def _outlets(kept: Document | None) -> tuple[Outlet, ...]:
    if kept is None:
        return ()
    try:
        return _OUTLETS.decode(kept.body).outlets
    except msgspec.MsgspecError:  # a newer gateway's, before an upgrade was taken back
        log.warning("outlets cannot be read", tenant=kept.tenant)
        return ()


def _sent(alert: Alert) -> dict[str, object]:
    """Tries may come out of order: who takes them goes by `changed_at`."""
    return alerts.told(alert) | {"changed_at": wire_time(alert.changed_ms)}

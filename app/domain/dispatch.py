"""Brings the publications of tenants with readers here to the hub, whichever gateway keeps them.

The broker is quick and may fail; the store is the truth. What comes early waits for what is before
it; what does not come in time is read from the store; and a look at the store, now and then, finds
what no broker told of. So every reader gets everything, once and in order.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial

import structlog

from app.brokers.base import Broker
from app.domain.channel import Channel
from app.domain.hub import Hub
from app.domain.resequencer import Resequencer
from app.errors import UnavailableError
from app.model import Position, Publication
from app.protocol.topics import EVERYTHING
from app.storage.base import Extent, PrunedError, Store
from app.traces import Traces

HOLE = 0.05
"""Seconds that an earlier publication may take before the store is asked for it."""
LOOK = 2.0
"""Seconds between looks, for a gateway that ended between its commit and its message."""
LOOK_ALONE = 0.5
"""While the broker is gone, or was at the last look: then nothing else tells of others."""
UNUSED = 60.0
"""Seconds without readers after which a tenant is not followed, nor anything held of it."""
CHUNK = 500
"""Publications read from the store at a time."""


log = structlog.get_logger()


@dataclass(slots=True)
class _Followed:
    tenant: str
    order: Resequencer
    opening: asyncio.Future[Channel]
    used_at: float
    filling: asyncio.Task[None] | None = None


class Dispatch:
    def __init__(
        self,
        hub: Hub,
        store: Store,
        broker: Broker,
        *,
        traces: Traces,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hub = hub
        self._store = store
        self._broker = broker
        self.replaced: Callable[[str], None] = lambda _tenant: None
        """Called with a tenant whose positions mean something else from now on."""
        self._traces = traces
        self._clock = clock
        self._followed: dict[str, _Followed] = {}
        self.filled = 0
        """Publications that came from the store and not from the broker."""

    @property
    def followed(self) -> int:
        """Tenants."""
        return len(self._followed)

    async def channel(self, tenant: str) -> Channel:
        """The tenant's channel, which is followed from here on while it has readers.

        Raise `UnavailableError` when the store does not answer.
        """
        followed = self._followed.get(tenant)
        if followed is None:
            opening = asyncio.get_running_loop().create_future()
            followed = _Followed(tenant, Resequencer(), opening, 0)
            self._followed[tenant] = followed
            followed.opening = asyncio.ensure_future(self._open(followed))
        followed.used_at = self._clock()
        return await asyncio.shield(followed.opening)

    async def refresh(self, tenant: str) -> None:
        """Have the channel come as far as the store has. Raise `UnavailableError`."""
        followed = self._followed.get(tenant)
        if followed is not None:
            await self._look([followed])
            await self._fill(followed)

    async def run(self) -> None:
        """Until cancelled."""
        alone = False
        while True:
            await asyncio.sleep(LOOK_ALONE if alone else LOOK)
            self.forget_unused()
            if not self._broker.shared:
                continue
            alone = not self._broker.up
            try:
                await self.look()
            except UnavailableError:
                log.warning("what other gateways keep waits for the store")

    async def look(self) -> None:
        """Find what is kept and was not told. Raise `UnavailableError`."""
        await self._look(self._followed.values())

    def forget_unused(self) -> None:
        now = self._clock()
        for tenant, followed in list(self._followed.items()):
            channel = self._hub.channel(tenant)
            if channel is None:
                continue
            if not channel.idle:
                followed.used_at = now
            elif now - followed.used_at >= UNUSED:
                self._let_go(tenant)

    async def _open(self, followed: _Followed) -> Channel:
        """What is published meanwhile waits until it is known where the order stands."""
        tenant = followed.tenant
        try:
            await self._broker.follow(tenant, partial(self._receive, followed))
            position = await self._store.position(tenant)
            oldest = await self._store.oldest(tenant)
        except BaseException:
            self._let_go(tenant)
            raise
        channel = self._hub.open(tenant, position)
        channel.lost(oldest)
        self._publish(followed.order.begin(position))
        self._mind(followed)
        return channel

    def _receive(self, followed: _Followed, publications: Sequence[Publication]) -> None:
        ready = followed.order.take(publications)
        if ready:
            self._publish(ready)
        self._mind(followed)

    def _publish(self, ready: Sequence[Publication]) -> None:
        traced = {each.trace for each in ready if each.trace}  # of a batch, all have the same
        if not traced:
            self._hub.publish(ready)
            return
        with ExitStack() as spans:
            for trace in traced:
                spans.enter_context(self._traces.span("deliver", trace))
            self._hub.publish(ready)

    def _mind(self, followed: _Followed) -> None:
        """A hole that does not fill by itself is filled from the store."""
        if followed.order.behind and followed.filling is None:
            followed.filling = asyncio.create_task(self._fill_later(followed))

    async def _fill_later(self, followed: _Followed) -> None:
        try:
            await asyncio.sleep(HOLE)
            await self._fill(followed)
        except UnavailableError:
            log.warning("a hole waits for the store")  # the next look comes back to it
        finally:
            followed.filling = None

    async def _fill(self, followed: _Followed) -> None:
        """Raise `UnavailableError`."""
        order = followed.order
        while self._followed.get(followed.tenant) is followed and order.behind and order.position:
            after = order.position.sequence
            try:
                found = await self._store.after(followed.tenant, after, EVERYTHING, CHUNK)
            except PrunedError:
                found = []
            if not found:
                self._replace(followed)
                return
            ready = order.take(found)
            if not ready and order.position.sequence == after:  # what is kept is of another order
                self._replace(followed)
                return
            self.filled += len(ready)
            if ready:
                self._publish(ready)

    async def _look(self, followed: Iterable[_Followed]) -> None:
        before = [(each, each.order.position) for each in followed]
        if not before:
            return
        extents = await self._store.extents([each.tenant for each, _ in before])
        for each, position in before:
            if position is not None and self._followed.get(each.tenant) is each:
                self._compare(each, position, extents.get(each.tenant))

    def _compare(self, followed: _Followed, position: Position, extent: Extent | None) -> None:
        """With where it stood before the store was asked: what came since, the store may lack."""
        channel = self._hub.channel(followed.tenant)
        if channel is None or extent is None or not extent.newest.reaches(position):
            self._replace(followed)
            return
        channel.lost(extent.oldest)
        followed.order.expect(extent.newest.sequence)
        self._mind(followed)

    def _replace(self, followed: _Followed) -> None:
        """The store was put back, or let go of what was not sent yet: whoever reads begins anew."""
        log.error("the store's order is another one now", tenant=followed.tenant)
        self._let_go(followed.tenant)
        self.replaced(followed.tenant)

    def _let_go(self, tenant: str) -> None:
        self._followed.pop(tenant, None)
        self._broker.forget(tenant)
        self._hub.close(tenant)

"""The connections of several gateways, asked as one: this one's and what the others answer."""

import heapq
from itertools import chain
from typing import Any

import msgspec

from app.brokers.cluster import Cluster
from app.domain.connections import Connected, LocalConnections, Page
from app.domain.endings import HELD, Ending

_PAGE, _ENDED, _FIND, _KICK = "page", "ended", "find", "kick"


class SharedConnections:
    """`app.domain.connections.Connections`. A gateway that does not answer in time is left out."""

    def __init__(self, local: LocalConnections, cluster: Cluster) -> None:
        self._local = local
        self._cluster = cluster
        cluster.respond(_PAGE, self._answer_page)
        cluster.respond(_ENDED, self._answer_ended)
        cluster.respond(_FIND, self._answer_find)
        cluster.respond(_KICK, self._answer_kick)

    async def page(self, tenant: str | None, after: str, limit: int, name: str = "") -> Page:
        pages = [
            await self._local.page(tenant, after, limit, name),
            *await self._ask(_PAGE, Page, tenant, after, limit, name),
        ]
        everyone = chain.from_iterable(page.connections for page in pages)
        chosen = heapq.nsmallest(limit + 1, everyone, key=lambda each: each.id)
        more = len(chosen) > limit or any(page.after for page in pages)
        total = sum(page.total for page in pages)
        return Page(chosen[:limit], total, chosen[:limit][-1].id if more else None)

    async def ended(self, tenant: str | None, name: str = "") -> list[Ending]:
        lists = [
            await self._local.ended(tenant, name),
            *await self._ask(_ENDED, list[Ending], tenant, name),
        ]
        everyone = chain.from_iterable(lists)
        return heapq.nlargest(HELD, everyone, key=lambda ending: ending.at)

    async def find(self, tenant: str | None, name: str) -> Connected | None:
        here = await self._local.find(tenant, name)
        if here is not None:
            return here
        found = await self._ask(_FIND, Connected | None, tenant, name)
        return next(filter(None, found), None)

    async def kick(self, tenant: str | None, name: str) -> None:
        await self._local.kick(tenant, name)
        await self._cluster.request(_KICK, msgspec.msgpack.encode((tenant, name)))

    async def _ask(self, kind: str, of: Any, *words: object) -> list[Any]:
        answers = await self._cluster.request(kind, msgspec.msgpack.encode(words))
        return [msgspec.msgpack.decode(answer, type=of) for answer in answers]

    async def _answer_page(self, body: bytes) -> bytes:
        words = msgspec.msgpack.decode(body, type=tuple[str | None, str, int, str])
        return msgspec.msgpack.encode(await self._local.page(*words))

    async def _answer_ended(self, body: bytes) -> bytes:
        words = msgspec.msgpack.decode(body, type=tuple[str | None, str])
        return msgspec.msgpack.encode(await self._local.ended(*words))

    async def _answer_find(self, body: bytes) -> bytes:
        words = msgspec.msgpack.decode(body, type=tuple[str | None, str])
        return msgspec.msgpack.encode(await self._local.find(*words))

    async def _answer_kick(self, body: bytes) -> bytes:
        words = msgspec.msgpack.decode(body, type=tuple[str | None, str])
        await self._local.kick(*words)
        return b""

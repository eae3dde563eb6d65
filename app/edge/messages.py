"""`GET /api/messages`: what came after a position, for those who poll."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Query, Request, Response
from msgspec.json import encode

from app.domain.channel import Channel
from app.edge.answer import answer_json
from app.edge.gateway import Gateway
from app.edge.reading import joined, selection_of, told
from app.errors import InvalidInputError
from app.model import Position, Publication
from app.protocol.topics import ALL, Selection, TopicFilter, parse_filters
from app.storage.base import PrunedError, Store
from auth.principal import Role


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/api/messages")
    async def messages(
        request: Request,
        topics: Annotated[str, Query(max_length=8_192)] = ALL,
        after: Annotated[str | None, Query(max_length=64)] = None,
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
        wait: Annotated[float, Query(ge=0, le=30)] = 0,
    ) -> Response:
        dashboard = gateway.access.request(request, Role.DASHBOARD)
        chosen = _filters(topics, gateway.settings.max_topics_per_connection)
        selection = selection_of(dashboard, chosen)
        channel = await gateway.channel(dashboard.tenant, after)
        reader = _Reader(gateway.store, dashboard.tenant, channel, selection, limit)
        since = Position.parse(after) if after else None
        if since is None or not channel.recovers(since):
            return await reader.newest()
        try:
            return await reader.after(since, wait)
        except PrunedError as error:  # while it was asked for
            channel.lost(error.oldest)
            return await reader.newest()


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the store for one request.

    The hub's position is taken before the store is asked: what stands at or before it is committed
    and therefore seen, so it may be given out as the page's position. What the hub does not know
    yet is left for the next page.
    """

    store: Store
    tenant: str
    channel: Channel
    selection: Selection
    limit: int

    async def newest(self) -> Response:
        now = self.channel.position
        found = await self.store.newest(self.tenant, self.selection, self.limit)
        found = told(found, self.channel)
        return _page(found, _furthest(now, found), recovered=False, more=False)

    async def after(self, since: Position, wait: float) -> Response:
        """Hold the answer back for up to `wait` seconds while there is nothing to tell.

        Raise `PrunedError` when something after the position is kept no more.
        """
        found, now = await self._read(since)
        while not found and wait and self.channel.position != now:  # something came meanwhile
            found, now = await self._read(now)
        if not found and wait and await self.channel.wait(self.selection, wait):
            found, now = await self._read(since)
        if len(found) > self.limit:
            page = found[: self.limit]
            return _page(page, page[-1].position, recovered=True, more=True)
        return _page(found, _furthest(now, found), recovered=True, more=False)

    async def _read(self, since: Position) -> tuple[list[Publication], Position]:
        """One more than the limit, where there are more."""
        now = self.channel.position
        limit = self.limit + 1
        found = await self.store.after(self.tenant, since.sequence, self.selection, limit)
        return told(found, self.channel), now


def _page(
    publications: list[Publication], position: Position, *, recovered: bool, more: bool
) -> Response:
    return answer_json(
        b'{"position":%b,"recovered":%b,"more":%b,"messages":%b}'
        % (encode(str(position)), encode(recovered), encode(more), joined(publications))
    )


def _furthest(now: Position, found: list[Publication]) -> Position:
    """The hub may have gone on while the store was asked."""
    return max((now, *(each.position for each in found)), key=lambda position: position.sequence)


def _filters(topics: str, most: int) -> frozenset[TopicFilter]:
    """As many as a socket may have: each is a condition that the store looks at."""
    texts = topics.split(",", most)
    if len(texts) > most:
        raise InvalidInputError(f"at most {most} topics", field="topics")
    return parse_filters(texts)

"""Reading what was: `GET /api/iaq/data` by time, `GET /api/messages` by position."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request, Response
from msgspec.json import encode

from app.domain.channel import Channel
from app.domain.measurement import message_of
from app.domain.timestamps import parse_time
from app.edge.access import grant_of
from app.edge.gateway import Gateway
from app.errors import InvalidInputError
from app.model import Position, Publication
from app.protocol.session import admitted
from app.protocol.topics import ALL, Selection, TopicFilter, parse_filters
from app.storage.base import Bucket, Period, Store
from auth.principal import Principal, Role

STEPS_MS = {"raw": 0, "1min": 60_000, "5min": 300_000, "hourly": 3_600_000, "daily": 86_400_000}
DEFAULT_HOURS = 24.0
MEASUREMENTS = frozenset({TopicFilter("measurements")})

Place = Annotated[str | None, Query(max_length=128)]
Time = Annotated[str | None, Query(max_length=64)]


def routes(app: FastAPI, gateway: Gateway) -> None:
    most = gateway.settings.history_max_records

    @app.get("/api/iaq/data")
    async def history(  # noqa: PLR0917  (the documented parameters)
        request: Request,
        enseigne: Place = None,
        salle: Place = None,
        sensor_id: Place = None,
        start: Time = None,
        end: Time = None,
        hours: Annotated[float | None, Query(gt=0, le=87_600)] = None,
        step: Literal["raw", "1min", "5min", "hourly", "daily"] = "raw",
        limit: Annotated[int, Query(ge=1, le=most)] = min(1_000, most),
    ) -> Response:
        dashboard = gateway.access.request(request, Role.DASHBOARD)
        selection = _selection(dashboard, MEASUREMENTS)
        start_ms, end_ms = _range(start, end, hours)
        period = Period(start_ms, end_ms, STEPS_MS[step], enseigne, salle, sensor_id, limit)
        if period.step_ms:
            buckets = await gateway.store.buckets(dashboard.tenant, period, selection)
            return _json(encode([_record(bucket) for bucket in buckets]))
        channel = await gateway.channel(dashboard.tenant)
        records = await gateway.store.measurements(dashboard.tenant, period, selection)
        return _json(_joined(_told(records, channel)))

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
        selection = _selection(dashboard, chosen)
        channel = await gateway.channel(dashboard.tenant)
        reader = _Reader(gateway.store, dashboard.tenant, channel, selection, limit)
        since = Position.parse(after) if after else None
        if since is None or not channel.position.reaches(since):
            return await reader.newest()
        found, now = await reader.after(since)
        while not found and wait and channel.position != now:  # something came meanwhile
            found, now = await reader.after(now)
        if not found and wait and await channel.wait(selection, wait):
            found, now = await reader.after(since)
        if len(found) > limit:
            return _page(found[:limit], found[limit - 1].position, recovered=True, more=True)
        return _page(found, _furthest(now, found), recovered=True, more=False)


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
        found = _told(found, self.channel)
        return _page(found, _furthest(now, found), recovered=False, more=False)

    async def after(self, since: Position) -> tuple[list[Publication], Position]:
        """One more than the limit, where there are more."""
        now = self.channel.position
        limit = self.limit + 1
        found = await self.store.after(self.tenant, since.sequence, self.selection, limit)
        return _told(found, self.channel), now


def _told(publications: list[Publication], channel: Channel) -> list[Publication]:
    """Without those of a commit that the hub has not heard of: it would deny their positions."""
    newest = channel.position.sequence
    return [each for each in publications if each.position.sequence <= newest]


def _page(
    publications: list[Publication], position: Position, *, recovered: bool, more: bool
) -> Response:
    return _json(
        b'{"position":%b,"recovered":%b,"more":%b,"messages":%b}'
        % (encode(str(position)), encode(recovered), encode(more), _joined(publications))
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


def _selection(dashboard: Principal, topics: frozenset[TopicFilter]) -> Selection:
    grant = grant_of(dashboard)
    return Selection(admitted(topics, grant), grant)


def _range(start: str | None, end: str | None, hours: float | None) -> tuple[int, int]:
    """`start` and `end` as given; `hours` counts back from the end; the default end is open."""
    now_ms = time.time_ns() // 1_000_000
    end_ms = _time(end, "end") if end else now_ms + 86_400_000
    if start and hours:
        raise InvalidInputError("give `start` or `hours`, not both", field="hours")
    if start:
        start_ms = _time(start, "start")
    else:
        last_ms = min(end_ms, now_ms)
        start_ms = last_ms - round((hours or DEFAULT_HOURS) * 3_600_000)
    if start_ms >= end_ms:
        raise InvalidInputError("`start` must be before `end`", field="start")
    return start_ms, end_ms


def _time(text: str, field: str) -> int:
    try:
        return parse_time(text, _FAR_MS, 0)
    except InvalidInputError as error:
        error.details["field"] = field
        raise


_FAR_MS = int(datetime(9999, 1, 1, tzinfo=UTC).timestamp()) * 1000


def _record(bucket: Bucket) -> dict[str, object]:
    key = bucket.key
    values: dict[str, int | float] = {name: round(mean, 3) for name, mean in bucket.values.items()}
    return message_of(
        key.sensor_id or "", key.enseigne or "", key.salle or "", values, bucket.start_ms
    )


def _joined(publications: list[Publication]) -> bytes:
    """They are JSON already: nothing is parsed to be written again."""
    return b"[" + b",".join(publication.text for publication in publications) + b"]"


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json", headers={"Cache-Control": "no-store"})

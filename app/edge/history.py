"""`GET /api/iaq/data`: measurements by time or by position, or means of them; page by page."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated, Literal
from urllib.parse import urlencode

import msgspec
from fastapi import FastAPI, Query, Request, Response
from msgspec.json import encode

from app.domain.channel import Channel
from app.domain.measurement import message_of
from app.domain.timestamps import EARLIEST_MS, parse_time
from app.edge import cursors
from app.edge.answer import answer_json
from app.edge.csv_records import csv_of
from app.edge.gateway import Gateway
from app.edge.reading import joined, selection_of, told
from app.errors import InvalidInputError
from app.model import Publication, wire_time
from app.protocol.topics import Selection, TopicFilter
from app.storage.base import (
    DAY_MS,
    HOUR_MS,
    MINUTE_MS,
    WEEK_MS,
    Bucket,
    Page,
    Period,
    PrunedError,
    Store,
)
from app.storage.windows import tie_of
from auth.principal import Role

STEPS_MS = {
    "raw": 0,
    "1min": MINUTE_MS,
    "5min": 5 * MINUTE_MS,
    "15min": 15 * MINUTE_MS,
    "hourly": HOUR_MS,
    "daily": DAY_MS,
    "weekly": WEEK_MS,
}
DEFAULT_HOURS = 24.0
MEASUREMENTS = frozenset({TopicFilter("measurements")})

Place = Annotated[str | None, Query(max_length=128)]
Time = Annotated[str | None, Query(max_length=64)]
Step = Literal["raw", "1min", "5min", "15min", "hourly", "daily", "weekly"]


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
        step: Step = "raw",
        limit: Annotated[int, Query(ge=1, le=most)] = min(1_000, most),
        after: Annotated[str | None, Query(max_length=64)] = None,
        before: Annotated[str | None, Query(max_length=cursors.MAX_LENGTH)] = None,
        format: Literal["json", "csv"] | None = None,  # noqa: A002  (the parameter's name)
    ) -> Response:
        dashboard = gateway.access.request(request, Role.DASHBOARD)
        selection = selection_of(dashboard, MEASUREMENTS)
        start_ms, end_ms = _range(start, end, hours, forward=after is not None)
        period = Period(start_ms, end_ms, STEPS_MS[step], enseigne, salle, sensor_id, limit)
        channel = await gateway.channel(dashboard.tenant, after)
        reader = _Reader(gateway.store, dashboard.tenant, channel, selection, period)
        if after is not None:
            if before is not None or period.step_ms:
                raise InvalidInputError("`after` goes with raw records alone", field="after")
            found = await reader.after(after)
        else:
            found = await (reader.stepped(before) if period.step_ms else reader.raw(before))
        as_csv = format == "csv" or (format is None and _prefers_csv(request))
        response = await (_csv(found) if as_csv else _json(found))
        if found.next:
            response.headers["Link"] = _link(request, found.next, period)
        return response


@dataclass(frozen=True, slots=True)
class _Found:
    """A page, and the parameter that leads to the next one, where there is more."""

    records: Sequence[Publication | Bucket]
    next: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads the store for one request: one record more than the limit, to know of more."""

    store: Store
    tenant: str
    channel: Channel
    selection: Selection
    period: Period

    async def raw(self, before: str | None) -> _Found:
        found = await self.store.measurements(self.tenant, self._asked(before), self.selection)
        page = found[-self.period.limit :]
        following = {}
        if len(found) > len(page):
            tie = (str(page[0].position.sequence),)
            following = self._before(Page(_time_of(page[0]), tie))
        return _Found(told(page, self.channel), following)

    async def stepped(self, before: str | None) -> _Found:
        found = await self.store.buckets(self.tenant, self._asked(before), self.selection)
        page = found[-self.period.limit :]
        more = len(found) > len(page)
        following = self._before(Page(page[0].start_ms, tie_of(page[0]))) if more else {}
        return _Found(page, following)

    async def after(self, text: str) -> _Found:
        """Raise `GoneError` rather than leave out what is kept no more."""
        since = cursors.position_of(text, self.channel)
        period = self._asked(None)
        try:
            found = await self.store.measurements(
                self.tenant, period, self.selection, since.sequence
            )
        except PrunedError as error:  # while it was asked for
            self.channel.lost(error.oldest)
            raise cursors.gone() from error
        found = told(found, self.channel)
        page = found[: self.period.limit]
        more = len(found) > len(page)
        return _Found(page, {"after": str(page[-1].position)} if more else {})

    def _asked(self, before: str | None) -> Period:
        period = self.period
        page = None if before is None else cursors.page_of(before, period.step_ms, self.channel)
        return replace(period, limit=period.limit + 1, before=page)

    def _before(self, page: Page) -> dict[str, str]:
        epoch = self.channel.position.epoch
        return {"before": cursors.written(page, self.period.step_ms, epoch)}


async def _json(found: _Found) -> Response:
    records = found.records
    publications = [each for each in records if isinstance(each, Publication)]
    if publications or not records:
        return answer_json(joined(publications))
    content = await asyncio.to_thread(lambda: encode(_messages(records)))
    return answer_json(content)


async def _csv(found: _Found) -> Response:
    """Written in a thread: ten thousand records would hold the loop for a tenth of a second."""
    content = await asyncio.to_thread(lambda: csv_of(_messages(found.records)))
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": 'attachment; filename="measurements.csv"',
    }
    return Response(content, headers=headers, media_type="text/csv; charset=utf-8; header=present")


def _messages(records: Sequence[Publication | Bucket]) -> list[dict[str, object]]:
    return [
        msgspec.json.decode(each.text) if isinstance(each, Publication) else _mean(each)
        for each in records
    ]


def _mean(bucket: Bucket) -> dict[str, object]:
    key = bucket.key
    values: dict[str, int | float] = {name: round(mean, 3) for name, mean in bucket.values.items()}
    return message_of(
        key.sensor_id or "", key.enseigne or "", key.salle or "", values, bucket.start_ms
    )


def _prefers_csv(request: Request) -> bool:
    """A browser or a program that takes anything gets JSON."""
    return "text/csv" in request.headers.get("accept", "").lower()


def _link(request: Request, following: dict[str, str], period: Period) -> str:
    """RFC 8288: the same question, its beginning pinned to where it is now, from there on."""
    asked = dict(request.query_params) | {"start": wire_time(period.start_ms)} | following
    asked.pop("hours", None)
    return f'<{request.url.path}?{urlencode(asked)}>; rel="next"'


class _Timed(msgspec.Struct):
    timestamp: str


_TIMED = msgspec.json.Decoder(_Timed)


def _time_of(publication: Publication) -> int:
    return parse_time(_TIMED.decode(publication.text).timestamp, _FAR_MS, 0)


def _range(
    start: str | None, end: str | None, hours: float | None, *, forward: bool
) -> tuple[int, int]:
    """`start` and `end` as given; `hours` counts back from the end; the default end is open.

    So is the default start of who goes `forward` from a position.
    """
    now_ms = time.time_ns() // 1_000_000
    end_ms = _time(end, "end") if end else now_ms + DAY_MS
    if start and hours:
        raise InvalidInputError("give `start` or `hours`, not both", field="hours")
    if start:
        start_ms = _time(start, "start")
    elif forward and hours is None:
        start_ms = EARLIEST_MS
    else:
        last_ms = min(end_ms, now_ms)
        start_ms = max(EARLIEST_MS, last_ms - round((hours or DEFAULT_HOURS) * HOUR_MS))
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

"""`GET /api/iaq/data`: measurements by time, or means of them."""

import time
from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import FastAPI, Query, Request, Response
from msgspec.json import encode

from app.domain.measurement import message_of
from app.domain.timestamps import parse_time
from app.edge.gateway import Gateway
from app.edge.reading import joined, json, selection_of, told
from app.errors import InvalidInputError
from app.protocol.topics import TopicFilter
from app.storage.base import Bucket, Period
from auth.principal import Role

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
        selection = selection_of(dashboard, MEASUREMENTS)
        start_ms, end_ms = _range(start, end, hours)
        period = Period(start_ms, end_ms, STEPS_MS[step], enseigne, salle, sensor_id, limit)
        if period.step_ms:
            buckets = await gateway.store.buckets(dashboard.tenant, period, selection)
            return json(encode([_record(bucket) for bucket in buckets]))
        channel = await gateway.channel(dashboard.tenant)
        records = await gateway.store.measurements(dashboard.tenant, period, selection)
        return json(joined(told(records, channel)))


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

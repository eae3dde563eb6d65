"""Traces from ingest to delivery, as a collector of OpenTelemetry receives them."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.collector import Collector, Span
from tests.conftest import Start
from tests.edge.test_metrics import EXAMPLE, read
from tests.edge.wire import PLACE, heard, say
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

TRACE, DEVICE = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
TRACEPARENT = f"00-{TRACE}-{DEVICE}-01"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


async def sent(
    start: Start,
    collector: Collector,
    traceparent: str = TRACEPARENT,
    body: object = EXAMPLE,
    **more: object,
) -> None:
    """One POST that a dashboard hears of; spans are sent when the gateway ends, at the latest."""
    async with (
        start(otel_exporter_otlp_endpoint=collector.url, **more) as gateway,
        gateway.client("device") as device,
        gateway.dashboard() as socket,
    ):
        await heard(socket)
        headers = {"traceparent": traceparent}
        answer = await device.post("/api/ingest", json=body, headers=headers)
        assert answer.status_code == 200
        await heard(socket)


def by_name(collector: Collector) -> tuple[Span, Span, Span]:
    named = {span.name: span for span in collector.spans}
    assert len(collector.spans) == 3
    return named["ingest"], named["commit"], named["deliver"]


async def test_one_measurement_is_one_trace_from_the_device_to_the_sockets(
    start: Start, collector: Collector
) -> None:
    await sent(start, collector)
    ingest, commit, deliver = by_name(collector)
    assert {span.service for span in collector.spans} == {"iaqverse-gateway"}
    assert {span.trace for span in collector.spans} == {TRACE}
    assert (ingest.parent, commit.parent, deliver.parent) == (DEVICE, ingest.id, ingest.id)
    assert ingest.begin <= commit.begin <= deliver.begin <= deliver.end <= commit.end <= ingest.end


async def test_without_a_context_of_the_device_a_trace_begins_here(
    start: Start, collector: Collector
) -> None:
    await sent(start, collector, "no such thing")
    ingest, commit, deliver = by_name(collector)
    assert ingest.parent == ""
    assert ingest.trace == commit.trace == deliver.trace != TRACE


async def test_what_a_service_publishes_is_traced_likewise(
    start: Start, collector: Collector
) -> None:
    notice = PLACE | {"module_id": "w1", "kind": "window", "state": "open"}
    async with (
        start(otel_exporter_otlp_endpoint=collector.url) as gateway,
        gateway.client("service") as service,
        gateway.dashboard() as socket,
    ):
        await heard(socket)
        headers = {"traceparent": TRACEPARENT}
        await service.post("/api/publish/modules", json=notice, headers=headers)
        await heard(socket)
    assert sorted((span.name, span.trace) for span in collector.spans) == [
        ("commit", TRACE),
        ("deliver", TRACE),
        ("publish", TRACE),
    ]


async def test_a_frame_of_a_stream_is_a_trace_of_its_own(
    start: Start, collector: Collector
) -> None:
    async with (
        start(otel_exporter_otlp_endpoint=collector.url) as gateway,
        gateway.device() as device,
        gateway.dashboard() as socket,
    ):
        await heard(socket)
        await heard(device)
        assert (await say(device, type="ingest", id=1, measurements=[EXAMPLE]))["type"] == "ack"
        await heard(socket)
    ingest, commit, deliver = by_name(collector)
    assert ingest.trace == commit.trace == deliver.trace
    assert (ingest.parent, commit.parent, deliver.parent) == ("", ingest.id, ingest.id)


async def test_a_batch_is_delivered_in_one_span(start: Start, collector: Collector) -> None:
    await sent(start, collector, body=[EXAMPLE | {"sensor_id": f"s{n}"} for n in range(10)])
    by_name(collector)


async def test_a_device_that_wants_to_be_traced_does_not_decide_it(
    start: Start, collector: Collector
) -> None:
    """Neither by the flag nor by an id that is below any share."""
    for traceparent in (TRACEPARENT, f"00-{1 << 64:032x}-{DEVICE}-01"):
        await sent(start, collector, traceparent, otel_traces_sampler_arg=1e-9)
    assert collector.spans == []


@pytest.mark.usefixtures("patient")
async def test_what_another_gateway_delivers_is_of_the_same_trace(
    start: Start, collector: Collector, redis_7: RedisServer, postgres: PostgresServer
) -> None:
    redis_7.empty()
    shared = {
        "redis_url": redis_7.url,
        "database_url": postgres.schema(),
        "otel_exporter_otlp_endpoint": collector.url,
    }
    async with (
        start(**shared) as one,
        start(**shared) as other,
        one.client("device") as device,
        other.dashboard() as socket,
    ):
        await heard(socket)
        headers = {"traceparent": TRACEPARENT}
        assert (await device.post("/api/ingest", json=EXAMPLE, headers=headers)).status_code == 200
        await heard(socket)
    ingest, commit, deliver = by_name(collector)
    assert {span.trace for span in collector.spans} == {TRACE}
    assert commit.parent == deliver.parent == ingest.id


async def test_an_error_is_told_by_its_kind(start: Start, collector: Collector) -> None:
    async with (
        start(otel_exporter_otlp_endpoint=collector.url) as gateway,
        gateway.client() as stranger,
    ):
        assert (await stranger.post("/api/ingest", json=EXAMPLE)).status_code == 401
    assert [(span.name, span.error) for span in collector.spans] == [
        ("ingest", "NoCredentialError")
    ]


async def test_spans_are_counted_and_nobody_waits_for_a_collector(start: Start) -> None:
    async with (
        start(otel_exporter_otlp_endpoint="http://127.0.0.1:9") as gateway,
        gateway.client("device") as device,
    ):
        assert (await device.post("/api/ingest", json=EXAMPLE)).status_code == 200
        counted = await read(gateway)
    assert counted["spans_total", "begun"] >= 2


def test_the_gateway_runs_without_the_packages_and_says_so_where_traces_are_wanted() -> None:
    code = """
import sys
sys.modules |= {"opentelemetry.sdk": None, "opentelemetry.exporter": None}
import app.server
from app.traces import OtlpTraces
OtlpTraces("http://localhost:4318", 1)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "UntraceableError: traces need more: python3 -m scripts.setup traces" in done.stderr

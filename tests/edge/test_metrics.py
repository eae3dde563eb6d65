"""`GET /metrics`: what the gateway counts, as Prometheus reads it."""

import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from app.stack.certificates import ensure
from tests.conftest import Running, Start

EXAMPLE = {"sensor_id": "s", "enseigne": "Maison", "salle": "Bureau", "values": {"CO2": 645}}


async def read(gateway: Running) -> dict[tuple[str, str], float]:
    """Samples by name and label."""
    async with gateway.client() as client:
        answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (
            sample.name.removeprefix("iaqverse_"),
            next(iter(sample.labels.values()), ""),
        ): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


async def test_connections_deliveries_and_closes_are_counted(gateway: Running) -> None:
    async with gateway.client("device") as device, gateway.dashboard() as socket:
        await socket.recv()
        await device.post("/api/ingest", json=EXAMPLE)
        await socket.recv()
        counted = await read(gateway)
        assert counted["connections", ""] == 1
        assert counted["subscriptions", "all"] == 1
        assert counted["publications_total", ""] == 1
        assert counted["deliveries_total", ""] == 1
        assert counted["store_waiting", ""] == 0
        await socket.send(b"binary")
        await socket.wait_closed()
    counted = await read(gateway)
    assert counted["connections", ""] == 0
    assert counted["connections_closed_total", "unsupported_data"] == 1


async def test_how_long_things_take_is_told(gateway: Running) -> None:
    async with gateway.client("device") as device, gateway.dashboard() as socket:
        await device.post("/api/ingest", json=[EXAMPLE, EXAMPLE])
        await socket.recv()
        counted = await read(gateway)
    assert counted["ingest_seconds_count", ""] == 1
    assert counted["handshake_seconds_count", ""] == 1
    assert counted["commit_seconds_count", ""] >= 1
    assert counted["ingest_seconds_sum", ""] > 0
    assert counted["ingest_seconds_bucket", "+Inf"] == 1
    assert counted["broker_lag_seconds_count", ""] == 0


async def test_what_was_refused_is_counted_by_its_limit(start: Start) -> None:
    async with start(measurement_rate_per_token="1/minute") as gateway:
        async with gateway.client("device") as device:
            for _ in range(3):
                await device.post("/api/ingest", json=EXAMPLE)
        async with gateway.client() as stranger:
            await stranger.get("/ws/stats", headers={"Authorization": "Bearer a.b.c"})
        counted = await read(gateway)
    assert counted["limit_hits_total", "measurement_rate_per_token"] == 2
    assert counted["tokens_refused_total", "malformed"] == 1
    assert counted["tokens_refused_total", "expired"] == 0


async def test_the_stores_upkeep_is_told(gateway: Running) -> None:
    counted = await read(gateway)
    upkeep = ("store_behind", "store_pruned_total", "store_oldest_timestamp_seconds")
    assert [counted[name, ""] for name in upkeep] == [0, 0, 0]


async def test_measurements_are_counted_by_what_became_of_them(gateway: Running) -> None:
    old = EXAMPLE | {"timestamp": "2025-11-19T10:05:00Z"}
    soon = datetime.now(UTC) + timedelta(minutes=2)
    async with gateway.client("device") as device:
        for body in ([EXAMPLE, old, old, {}, 5], EXAMPLE | {"values": {}}):
            await device.post("/api/ingest", json=body)
        for time in (datetime.now(UTC), soon):
            await device.post("/api/ingest", json=EXAMPLE | {"timestamp": time.isoformat()})
    counted = await read(gateway)
    assert counted["measurements_total", "stored"] == 4
    assert counted["measurements_total", "duplicate"] == 1
    assert counted["measurements_rejected_total", "invalid"] == 3
    assert counted["measurements_backlog_total", ""] == 1
    assert counted["clock_jumps_total", ""] == 1


async def test_no_tenant_subject_or_address_is_told(gateway: Running) -> None:
    async with gateway.dashboard(tenant="secretive", subject="somebody") as socket:
        await socket.recv()
        async with gateway.client() as client:
            text = (await client.get("/metrics")).text
    assert not [word for word in ("secretive", "somebody", "127.0.0.1") if word in text]


async def test_sensors_have_a_line_of_their_own_where_it_is_asked_for(start: Start) -> None:
    async with start(metrics_sensors=2) as gateway, gateway.client("device") as device:
        body = [EXAMPLE | {"sensor_id": f"s{number}"} for number in range(3)]
        await device.post("/api/ingest", json=body)
        async with gateway.client() as client:
            text = (await client.get("/metrics")).text
    lines = re.findall(r"^iaqverse_sensor_silence_seconds\{(.*)\} (\S+)$", text, re.MULTILINE)
    assert [labels for labels, _ in lines] == [
        'sensor="s0",tenant="acme"',
        'sensor="s1",tenant="acme"',
    ]
    assert all(0 <= float(seconds) < 10 for _, seconds in lines)
    assert "iaqverse_sensors_untold 1.0\n" in text


async def test_how_long_the_certificate_lives_is_told(start: Start, tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    async with start(certs_dir=certs) as gateway:
        assert ("certificate_left_seconds", "") not in await read(gateway)
        ensure(certs, ["localhost"], time.time())
        counted = await read(gateway)
    assert 364 < counted["certificate_left_seconds", ""] / 86_400 < 365
    assert 0.99 < counted["certificate_life_left_ratio", ""] < 1

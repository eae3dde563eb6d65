"""Rules, configuration and dashboard as Prometheus's own tools and a real Prometheus read them."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from audit import tools
from audit.prometheus import ask, await_series, watching
from tests.chaos.stack import Stack
from tests.conftest import Running, Start
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

SOURCE = Path("deploy/observability")
EVERY = "1s"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    for name in ("alerts.yml", "alerts_test.yml"):
        shutil.copy(SOURCE / name, tmp_path)
    return tmp_path


def promtool(*words: str | Path, text: str = "") -> str:
    done = subprocess.run(
        [tools.system("promtool"), *words], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_rules_are_sound_and_fire_when_they_should(rules: Path) -> None:
    assert "SUCCESS" in promtool("check", "rules", rules / "alerts.yml")
    assert "SUCCESS" in promtool("test", "rules", rules / "alerts_test.yml")


def test_the_example_of_a_configuration_is_one(rules: Path) -> None:
    text = (SOURCE / "prometheus.yml").read_text("utf-8")
    (rules / "ca.crt").touch()
    (rules / "prometheus.yml").write_text(
        text.replace("/etc/iaqverse/certs/ca.crt", str(rules / "ca.crt"))
    )
    assert "SUCCESS" in promtool("check", "config", rules / "prometheus.yml")


async def test_metrics_are_as_prometheus_wants_them(gateway: Running) -> None:
    async with gateway.client() as client:
        text = (await client.get("/metrics")).text
    assert promtool("check", "metrics", text=text) == ""


def test_grafana_knows_all_that_the_dashboard_says() -> None:
    """In a panel's options and queries, which are its kind's own, it bears anything."""
    text = (SOURCE / "dashboard.json").read_text("utf-8")
    script = Path(__file__).with_name("grafana.py")
    done = subprocess.run(
        [tools.tool("python"), script], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert _holds(json.loads(done.stdout), json.loads(text))


def _holds(read: Any, said: Any) -> bool:
    """All of it; what was left out may have been given its default."""
    if isinstance(said, dict):
        return all(key in read and _holds(read[key], each) for key, each in said.items())
    if isinstance(said, list):
        return len(read) == len(said) and all(map(_holds, read, said))
    return bool(read == said)


@pytest.fixture
async def prometheus(start: Start, rules: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """It asks a gateway that has had a measurement and a socket, and has all rules."""
    async with (
        start() as gateway,
        gateway.client("device") as device,
        gateway.dashboard() as socket,
    ):
        await socket.recv()
        body = {"sensor_id": "s", "enseigne": "e", "salle": "s", "values": {"CO2": 645}}
        await device.post("/api/ingest", json=body)
        (rules / "prometheus.yml").write_text(
            f"global: {{scrape_interval: {EVERY}, evaluation_interval: {EVERY}}}\n"
            "rule_files: [alerts.yml]\n"
            "scrape_configs:\n"
            "  - job_name: iaqverse\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{gateway.port}']}}]\n"
        )
        async with watching(rules) as client:
            yield client


async def test_every_panel_and_rule_is_answered_by_a_real_prometheus(
    prometheus: httpx2.AsyncClient,
) -> None:
    await await_series(prometheus, 'up{job="iaqverse"} == 1 and iaqverse_connections', 1)
    panels = json.loads((SOURCE / "dashboard.json").read_bytes())["panels"]
    queries = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    for query in queries:
        await ask(prometheus, query.replace("$__rate_interval", "1m").replace("$job", ".+"))
    assert (await ask(prometheus, "iaqverse_connections"))[0]["value"][1] == "1"
    rules = (await prometheus.get("/rules")).json()["data"]["groups"][0]["rules"]
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
    assert {rule["state"] for rule in rules} == {"inactive"}


@pytest.fixture
def workers(tmp_path: Path, postgres: PostgresServer, redis_7: RedisServer) -> Iterator[Stack]:
    """Two of them, behind nginx."""
    shared = {"DATABASE_URL": postgres.schema(), "REDIS_URL": redis_7.url}
    with Stack(tmp_path, WORKERS=2, **shared) as running:
        yield running


async def test_each_of_two_workers_is_asked_through_nginx_as_the_example_has_it(
    workers: Stack, rules: Path
) -> None:
    await workers.ready()
    text = (SOURCE / "prometheus.yml").read_text("utf-8")
    for said, here in (
        ("/etc/iaqverse/certs/ca.crt", str(workers.authority)),
        ("air.example.org", "localhost"),
        ("localhost:443", f"localhost:{workers.settings.https_port}"),
        (": 15s", f": {EVERY}"),
    ):
        assert said in text
        text = text.replace(said, here)
    (rules / "prometheus.yml").write_text(text)
    async with watching(rules) as client:
        found = await await_series(client, 'process_start_time_seconds{job="iaqverse"}', 2)
        assert {each["metric"]["worker"] for each in found} == {"1", "2"}
        assert len({each["metric"]["instance"] for each in found}) == 2
        told = await ask(client, "count(count by (instance) (iaqverse_broker_up == 1))")
        assert told[0]["value"][1] == "2"

"""Rules, configuration and dashboard as Prometheus's own tools and a real Prometheus read them."""

import asyncio
import json
import shutil
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.stack.process import die_with_parent
from audit import tools
from tests.conftest import Running, Start
from tests.stack.stack_process import free_port

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
        AsyncExitStack() as stack,
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
        port, log = free_port(), stack.enter_context((rules / "log").open("wb"))
        process = subprocess.Popen(  # noqa: ASYNC220  (it returns at once)
            [
                tools.system("prometheus"),
                f"--config.file={rules / 'prometheus.yml'}",
                f"--storage.tsdb.path={rules / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stderr=log,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL),  # noqa: PLW1509  (started from the main thread)
        )
        try:
            async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1") as client:
                yield client
        finally:
            process.terminate()
            process.wait(20)


async def ask(client: httpx2.AsyncClient, query: str) -> list[Any]:
    answer = await client.get("/query", params={"query": query})
    content = answer.json()
    assert content["status"] == "success", (query, content)
    result: list[Any] = content["data"]["result"]
    return result


async def test_every_panel_and_rule_is_answered_by_a_real_prometheus(
    prometheus: httpx2.AsyncClient,
) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            found = await ask(prometheus, 'up{job="iaqverse"} == 1 and iaqverse_connections')
        except httpx2.TransportError:  # it is not there yet
            found = []
        if found or time.monotonic() > deadline:
            break
        await asyncio.sleep(0.5)
    assert found
    panels = json.loads((SOURCE / "dashboard.json").read_bytes())["panels"]
    queries = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    for query in queries:
        await ask(prometheus, query.replace("$__rate_interval", "1m").replace("$job", ".+"))
    assert (await ask(prometheus, "iaqverse_connections"))[0]["value"][1] == "1"
    rules = (await prometheus.get("/rules")).json()["data"]["groups"][0]["rules"]
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
    assert {rule["state"] for rule in rules} == {"inactive"}

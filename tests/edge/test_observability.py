"""What watches the gateway names what `/metrics` tells, and each alert has a recipe."""

import json
import re
import time
from pathlib import Path
from typing import Any

from app.stack.certificates import ensure
from tests.conftest import Start

OBSERVABILITY = Path("deploy/observability")
ALERTS = (OBSERVABILITY / "alerts.yml").read_text("utf-8")
DASHBOARD: dict[str, Any] = json.loads((OBSERVABILITY / "dashboard.json").read_bytes())
PANELS: list[dict[str, Any]] = DASHBOARD["panels"]
QUERIES = [target["expr"] for panel in PANELS for target in panel.get("targets", ())]
OPERATIONS = Path("docs/operations.md").read_text("utf-8")


async def test_every_metric_that_is_watched_is_told(start: Start, tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    ensure(certs, ["localhost"], time.time())
    async with (
        start(certs_dir=certs, metrics_sensors=1) as gateway,
        gateway.client() as client,
    ):
        text = (await client.get("/metrics")).text
    types = re.findall(r"^# TYPE (\S+) (\w+)", text, re.MULTILINE)
    told = {
        name + part
        for name, kind in types
        for part in (("_bucket", "_count", "_sum") if kind == "histogram" else ("",))
    }
    named = set(re.findall(r"\b(?:iaqverse|process)_\w+", " ".join([ALERTS, *QUERIES])))
    assert len(named) >= 40
    assert named <= told


def test_every_alert_is_tried_and_has_a_recipe() -> None:
    alerts = re.findall(r"alert: (\w+)", ALERTS)
    tried = (OBSERVABILITY / "alerts_test.yml").read_text("utf-8")
    assert set(re.findall(r"alertname: (\w+)", tried)) == set(alerts)
    runbooks = re.findall(r"runbook_url: docs/operations\.md#(\w+)", ALERTS)
    assert runbooks == [alert.lower() for alert in alerts]
    assert set(re.findall(r"^#+ (\w+)$", OPERATIONS, re.MULTILINE)) >= set(alerts)


def test_no_two_panels_lie_on_each_other() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    taken = [
        (x, y)
        for panel in PANELS
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert all(x < 24 for x, _ in taken)

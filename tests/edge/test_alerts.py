"""The alert rules for Prometheus name what `/metrics` tells."""

import re
import time
from pathlib import Path

from app.stack.certificates import ensure
from tests.conftest import Start

ALERTS = Path("deploy/observability/alerts.yml").read_text("utf-8")


async def test_every_metric_of_an_alert_is_told(start: Start, tmp_path: Path) -> None:
    certs = tmp_path / "certs"
    ensure(certs, ["localhost"], time.time())
    async with start(certs_dir=certs) as gateway, gateway.client() as client:
        text = (await client.get("/metrics")).text
    told = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    named = set(re.findall(r"iaqverse_\w+", ALERTS))
    assert named
    assert named <= told

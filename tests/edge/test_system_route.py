"""`GET /api/admin/system`: docs/protocol.md §3.5."""

import time
import tomllib
from pathlib import Path

import app
from app.stack.certificates import ensure
from tests.conftest import Running, Start
from tests.edge.wire import error_of


async def test_what_the_gateway_is_and_which_limits_were_hit(start: Start, tmp_path: Path) -> None:
    async with (
        start(http_rate_per_ip="2/minute", certs_dir=tmp_path) as gateway,
        gateway.client("admin", tenant="*") as operator,
    ):
        for _ in range(3):
            await operator.get("/api/admin/tenants")
        told = (await operator.get("/api/admin/system")).json()
    assert told["version"] == app.__version__
    assert told["started_at"].endswith("Z")
    assert told["certificate"] is None
    assert told["limits"] == {"http_rate_per_ip": 1}


async def test_how_long_the_certificate_lasts(start: Start, tmp_path: Path) -> None:
    ensure(tmp_path, ["localhost"], time.time())
    async with (
        start(certs_dir=tmp_path) as gateway,
        gateway.client("admin", tenant="*") as operator,
    ):
        told = (await operator.get("/api/admin/system")).json()["certificate"]
    assert 300 < told["days_left"] < 400
    assert told["due"] is False
    assert told["ends_at"].endswith("Z")


async def test_it_is_for_the_platforms_admins(gateway: Running) -> None:
    for role in ("admin", "dashboard"):
        async with gateway.client(role) as other:
            answer = await other.get("/api/admin/system")
        assert (answer.status_code, error_of(answer.content)["code"]) == (403, "forbidden")


def test_the_version_is_the_packages() -> None:
    packaged = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))
    assert packaged["project"]["version"] == app.__version__

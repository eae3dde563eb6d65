"""A certificate from Let's Encrypt's authority for tests, by our script, into a running nginx."""

import json
import os
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.stack.certificates import ensure
from app.stack.programs import ROOT
from audit import tools
from tests.ports import free_port
from tests.stack.bare_nginx import BareNginx, bare_nginx, started, until

NAME = "air.example.org"
QUICK = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
"""Left alone, it waits before it asks, and refuses one request of twenty for nothing."""


@dataclass(frozen=True, slots=True)
class Authority:
    folder: Path
    port: int
    trust: Path

    def obtain(self, certs: Path, *words: str) -> subprocess.CompletedProcess[str]:
        directory = ["--server", f"https://localhost:{self.port}/dir"]
        return subprocess.run(
            ["sh", ROOT / "deploy" / "certificate.sh", *directory, *words],
            env={
                "PATH": os.environ["PATH"],
                "CERTS_DIR": str(certs),
                "SERVER_NAME": NAME,
                "REQUESTS_CA_BUNDLE": str(self.trust),
            },
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def nginx(tmp_path: Path) -> Iterator[BareNginx]:
    with bare_nginx(tmp_path, tmp_path / "gateway.sock") as running:
        yield running


@pytest.fixture
def authority(tmp_path: Path, nginx: BareNginx) -> Iterator[Authority]:
    """It asks for proofs at this nginx, wherever a name leads elsewhere."""
    tools.system("certbot")
    made = ensure(tmp_path / "authority", ["localhost"], time.time())
    assert made.authority
    port, names = free_port(), free_port()
    settings = {
        "listenAddress": f"127.0.0.1:{port}",
        "managementListenAddress": f"127.0.0.1:{free_port()}",
        "certificate": str(made.chain),
        "privateKey": str(made.key),
        "httpPort": nginx.http_port,
        "tlsPort": nginx.https_port,
    }
    config = tmp_path / "pebble.json"
    config.write_text(json.dumps({"pebble": settings}))
    resolver = [
        tools.pebble("pebble-challtestsrv"),
        *("-defaultIPv6", "", "-defaultIPv4", "127.0.0.1", "-dnsserver", f"127.0.0.1:{names}"),
        *("-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""),
        *("-management", f"127.0.0.1:{free_port()}"),
    ]
    pebble = [tools.pebble("pebble"), "-config", str(config), "-dnsserver", f"127.0.0.1:{names}"]
    with started(resolver, {}), started(pebble, QUICK):
        until(lambda: answers(port), "the authority answers")
        yield Authority(tmp_path, port, made.authority)


def answers(port: int) -> bool:
    try:
        ssl.get_server_certificate(("localhost", port), timeout=1)
    except OSError:
        return False
    return True


def test_it_is_obtained_served_and_renewed(
    tmp_path: Path, nginx: BareNginx, authority: Authority
) -> None:
    ours = nginx.serial()
    trial = authority.obtain(tmp_path, "--dry-run")
    assert trial.returncode == 0, trial.stderr
    assert not (tmp_path / "letsencrypt" / "live" / "gateway").exists()
    done = authority.obtain(tmp_path)
    assert done.returncode == 0, done.stderr
    until(lambda: nginx.serial() != ours, "the authority's certificate is served")
    first, file = nginx.serial(), (tmp_path / "server.crt").stat()
    assert authority.obtain(tmp_path).returncode == 0
    assert (tmp_path / "server.crt").stat() == file
    assert authority.obtain(tmp_path, "--force-renewal").returncode == 0
    until(lambda: nginx.serial() != first, "the renewed certificate is served")

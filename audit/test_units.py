"""The units of `deploy/systemd`, as systemd reads them, in a root of their own."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app.stack.programs import ROOT
from audit import tools
from tests.stack.bare_nginx import await_file, started

UNITS = ROOT / "deploy" / "systemd"
EXPOSURE = {"gateway": 1.1, "nginx": 1.4, "certificate": 1.1}
"""Of 10; what is below 2 systemd calls OK."""
STANDARD = Path("/usr/lib/systemd/system")
_EXPOSURE = re.compile(r"Overall exposure level for \S+: (\d+\.\d)")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The units installed, and something to run under each name that they name."""
    tools.system("systemd-analyze")
    root = tmp_path_factory.mktemp("root")
    shutil.copytree(UNITS, root / "etc/systemd/system")
    shutil.copytree(STANDARD, root / STANDARD.relative_to("/"), symlinks=True)
    named = "".join(path.read_text() for path in UNITS.glob("*.service"))
    for path in set(re.findall(r"[= ](/(?:opt|bin|usr)/\S+)", named)):
        program = root / path[1:]
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    return root


def analyze(root: Path, *words: str) -> str:
    command = ["systemd-analyze", f"--root={root}", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def security(root: Path, service: str) -> str:
    return analyze(root, "security", "--offline=yes", f"iaqverse-{service}.service")


def test_systemd_finds_nothing_wrong(root: Path) -> None:
    units = [path.name for path in UNITS.glob("iaqverse-*.*") if path.is_file()]
    assert "iaqverse-" not in analyze(root, "verify", *units)


@pytest.mark.parametrize(("service", "most"), EXPOSURE.items())
def test_a_service_is_hardly_exposed(root: Path, service: str, most: float) -> None:
    report = security(root, service)
    exposure = _EXPOSURE.search(report)
    assert exposure is not None, report
    assert float(exposure[1]) <= most, report


@pytest.mark.parametrize(("service", "confined"), [("gateway", True), ("nginx", False)])
def test_nginx_alone_may_bind_low_ports(root: Path, service: str, confined: bool) -> None:
    """It needs the capability of the machine, not of a namespace of its own."""
    users = re.search(r"^(.) PrivateUsers=", security(root, service), re.MULTILINE)
    assert users is not None
    assert (users[1] == "✓") is confined


def test_the_gateway_works_where_no_memory_may_become_code(tmp_path: Path) -> None:
    """MemoryDenyWriteExecute, by prctl(2) instead of systemd (Linux 6.3)."""
    bound = """
import ctypes, os, sys
if ctypes.CDLL(None).prctl(65, 1, 0, 0, 0):
    sys.exit(3)
os.execv(sys.executable, [sys.executable, "-m", "app", *sys.argv[1:]])
"""
    environment = {
        "PYTHONPATH": str(ROOT),
        "STATE_DIR": str(tmp_path),
        "CERTS_DIR": str(tmp_path / "certs"),
        "GATEWAY_SOCKET": str(tmp_path / "gateway.sock"),
    }
    command = [sys.executable, "-c", bound]
    made = subprocess.run(
        [*command, "keys", "init"], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    if made.returncode == 3:
        pytest.skip("this kernel does not know it")
    assert made.returncode == 0, made.stderr
    with started([*command, "serve"], environment):
        await_file(tmp_path / "gateway.sock")

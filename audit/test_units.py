"""The units of `deploy/systemd`, as systemd reads them, in a root of their own."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from app.stack.programs import ROOT
from audit import tools

UNITS = ROOT / "deploy" / "systemd"
SERVICES = ("gateway", "nginx", "certificate")
HIGHEST_EXPOSURE = 1.3
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


def test_systemd_finds_nothing_wrong(root: Path) -> None:
    units = [path.name for path in UNITS.glob("iaqverse-*.*") if path.is_file()]
    assert "iaqverse-" not in analyze(root, "verify", *units)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_is_hardly_exposed(root: Path, service: str) -> None:
    report = analyze(root, "security", "--offline=yes", f"iaqverse-{service}.service")
    exposure = _EXPOSURE.search(report)
    assert exposure is not None, report
    assert float(exposure[1]) <= HIGHEST_EXPOSURE, report

"""What prepares a machine: pins, hashes, and services that stay off."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from app.stack.programs import ROOT
from scripts import system_packages
from scripts.report import SetupError, run
from scripts.setup import LOCKS

ALL_LOCKS = sorted(ROOT.glob("requirements*.lock"))


def pins(lock: Path) -> set[str]:
    return {line.split(" ")[0] for line in lock.read_text().splitlines() if line[0].isalpha()}


@pytest.mark.parametrize("lock", ALL_LOCKS, ids=lambda lock: lock.name)
def test_every_locked_package_has_its_hash_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    packages = re.split(r"\n(?=[a-z])", text)
    assert all("--hash=sha256:" in package for package in packages)
    assert "://" not in text
    assert "index" not in text


def test_what_tests_install_serves_running_and_traces_as_well() -> None:
    run, traces, test = (pins(ROOT / lock) for lock in LOCKS.values())
    assert run < traces < test


def test_every_dependency_is_pinned() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    own = project["project"]
    groups = [own["dependencies"], *own["optional-dependencies"].values()]
    groups += project["dependency-groups"].values()
    assert all("==" in dependency for group in groups for dependency in group)


def test_packaged_services_stay_off_while_they_are_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    monkeypatch.setattr(system_packages, "POLICY", policy)
    with system_packages._services_stay_off():
        assert subprocess.run([str(policy), "nginx", "start"], check=False).returncode == 101
    assert not policy.exists()


def test_a_machines_own_policy_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("the machine's own")
    monkeypatch.setattr(system_packages, "POLICY", policy)
    with system_packages._services_stay_off():
        pass
    assert policy.read_text() == "the machine's own"


def test_a_failing_step_shows_the_end_of_what_it_said() -> None:
    with pytest.raises(SetupError, match=r"sh -c .* failed:\nwhy"):
        run(["sh", "-c", "echo why; exit 3"])


@pytest.mark.parametrize(("demo", "argument"), [("0", "--no-demo"), ("1", "")])
def test_make_run_passes_demo_on_and_hands_its_process_over(demo: str, argument: str) -> None:
    command = ["make", "--dry-run", "run", f"DEMO={demo}"]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, env=outside
    )
    assert f"exec .venv/bin/python -m app up {argument}".strip() in done.stdout.splitlines()[-1]

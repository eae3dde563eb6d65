"""No package is known to be vulnerable, but for what is explained."""

import json
import subprocess
from pathlib import Path

import pytest

from app.stack.programs import ROOT
from audit import tools

EXPLAINED = {
    "CVE-2026-85394": "python-jose takes a public key for a secret; docs/security.md, Tokens",
    "CVE-2024-23342": "ecdsa's timing; installed with python-jose, never used: docs/security.md",
}


@pytest.mark.parametrize("lock", ["requirements-traces.lock", "requirements-dev.lock"])
def test_no_package_is_known_to_be_vulnerable(tmp_path: Path, lock: str) -> None:
    report = tmp_path / "report.json"
    command = [tools.tool("pip-audit"), "--disable-pip", "--require-hashes", "-r", f"{ROOT / lock}"]
    said = subprocess.run(
        [*command, "--format", "json", "--output", f"{report}"],
        capture_output=True,
        text=True,
        check=False,
    )
    if not report.exists():
        pytest.skip(f"nobody could be asked: {said.stderr.strip().splitlines()[-1:]}")
    packages = json.loads(report.read_text())["dependencies"]
    unknown = [package["name"] for package in packages if "skip_reason" in package]
    if len(unknown) == len(packages):
        pytest.skip("nobody could be asked: the index has no service for vulnerabilities")
    assert unknown == []
    assert {
        f"{package['name']} {found['id']}"
        for package in packages
        for found in package["vulns"]
        if not EXPLAINED.keys() & {found["id"], *found["aliases"]}
    } == set()

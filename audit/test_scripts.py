"""The shell scripts, as shellcheck reads them."""

import subprocess

from app.stack.programs import ROOT
from audit import tools


def test_shellcheck_finds_nothing() -> None:
    scripts = sorted(str(path) for path in (ROOT / "deploy").glob("*.sh"))
    done = subprocess.run(
        [tools.system("shellcheck"), *scripts], capture_output=True, text=True, check=False
    )
    assert scripts
    assert done.returncode == 0, done.stdout

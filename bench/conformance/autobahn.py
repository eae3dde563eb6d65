"""Autobahn|Testsuite's fuzzing client: installed beside the project, run, its verdicts read.

It runs on Python 2.7 only and is a tool, not a dependency: it stays in `.tools/`.
"""

import json
import os
import subprocess
from pathlib import Path

VERSION = "autobahntestsuite==25.10.1"
CASES = ["1.*", "2.*", "3.*", "4.*", "5.*", "6.*", "7.*", "10.*"]
"""9 measures speed; 12 and 13 are about permessage-deflate, which is not negotiated."""

Verdicts = dict[str, dict[str, tuple[str, str]]]
"""By agent and case: what was thought of its behaviour and of the way it closed."""


def install(python2: str, tools: Path) -> Path:
    """Where the client stands. Raises CalledProcessError, or OSError without a Python 2.7."""
    target = tools / "py27"
    if not (target / "bin" / "wstest").exists():
        subprocess.run([python2, "-m", "ensurepip"], check=False, capture_output=True)  # noqa: S603  (the caller's interpreter)
        pip = [python2, "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        subprocess.run([*pip, "--target", str(target), VERSION], check=True)  # noqa: S603  (as above)
    # pip --target leaves the namespace package without the file that Python 2 needs.
    (target / "zope" / "__init__.py").touch()
    return target


def run(python2: str, target: Path, folder: Path, urls: dict[str, str]) -> Verdicts:
    """Run all cases against each agent of `urls`; the full reports are left in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    specification = {
        "outdir": str(folder),
        "servers": [{"agent": agent, "url": url} for agent, url in urls.items()],
        "cases": CASES,
        "exclude-cases": [],
        "exclude-agent-cases": {},
    }
    path = folder / "specification.json"
    path.write_text(json.dumps(specification))
    command = [python2, str(target / "bin" / "wstest"), "-m", "fuzzingclient", "-s", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(target)}
    with (folder / "wstest.log").open("wb") as log:
        subprocess.run(command, env=environment, check=True, stdout=log, stderr=log)  # noqa: S603  (as above)
    index = json.loads((folder / "index.json").read_text())
    return {
        agent: {case: (row["behavior"], row["behaviorClose"]) for case, row in cases.items()}
        for agent, cases in index.items()
    }

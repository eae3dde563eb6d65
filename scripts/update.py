"""`make update`: raise every pin to the newest release that fits, relock, and say what changed.

The tests decide whether that is good; nothing is committed.
"""

import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from app.stack.programs import ROOT
from scripts import python_packages
from scripts.report import SetupError, run, say

PROJECT = ROOT / "pyproject.toml"
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(\[[^]]*\])?==([^\s;\\]+)", re.MULTILINE)
_QUOTED = re.compile(r'"([A-Za-z0-9][A-Za-z0-9._-]*)(\[[^]]*\])?==([^"]+)"')


def main() -> None:
    text = PROJECT.read_text(encoding="utf-8")
    before = _locked()
    for together in installed_together(tomllib.loads(text)):
        text = raised(text, together, _newest(together))
    PROJECT.write_text(text, encoding="utf-8")
    run(["make", "lock", "UPGRADE=--upgrade"])
    for line in changes(before, _locked()):
        say(line)


def installed_together(project: Mapping[str, Any]) -> Iterator[list[str]]:
    """The requirements of one environment, without their versions."""
    groups = dict(project["dependency-groups"])
    own = [*project["project"]["dependencies"], *groups.pop("dev")]
    for requirements in (own, *groups.values()):
        yield [requirement.partition("==")[0] for requirement in requirements]


def raised(project: str, together: Iterable[str], newest: Mapping[str, str]) -> str:
    """The text of pyproject.toml with these versions in the pins of what is installed `together`.

    Another environment may hold an older one of the same.
    """
    theirs = {requirement.partition("[")[0].lower() for requirement in together}

    def pin(found: re.Match[str]) -> str:
        name, extras, version = found[1], found[2] or "", found[3]
        if name.lower() in theirs:
            version = newest[name.lower()]
        return f'"{name}{extras}=={version}"'

    return _QUOTED.sub(pin, project)


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None:
            yield f"{name} {new} came with another"
        elif new is None:
            yield f"{name} {old} went"
        elif old != new:
            yield f"{name} {old} → {new}"


def _newest(requirements: Iterable[str]) -> dict[str, str]:
    command = [str(python_packages.require_uv()), "--quiet", "pip", "compile", "--universal"]
    with tempfile.NamedTemporaryFile("w", suffix=".in", encoding="utf-8") as wanted:
        wanted.write("\n".join(requirements))
        wanted.flush()
        done = subprocess.run(  # noqa: S603  (uv, as the setup finds it)
            [*command, "--python-version", "3.11", "--no-annotate", "--no-header", wanted.name],
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SetupError(f"no versions fit together:\n{done.stderr}")
    return pins(done.stdout)


def _locked() -> dict[str, str]:
    locks = sorted(ROOT.glob("requirements*.lock"))
    return {name: version for lock in locks for name, version in pins(_read(lock)).items()}


def pins(lock: str) -> dict[str, str]:
    """Versions by name; of a package that is pinned by platform, the last one."""
    return {found[1].lower(): found[3] for found in _PIN.finditer(lock)}


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.exit(f"setup: {error}")

"""What the gateway is made of is written down, as it is, and under licences that were looked at."""

import json
import re
from typing import Any

from app.stack.programs import ROOT
from scripts.bill_of_materials import BILL, LICENCES, licence
from scripts.update import pins

DOCKERFILE = ROOT / "Dockerfile"
LOOKED_AT = {
    "Apache-2.0",
    "Apache-2.0 AND BSD-2-Clause",
    "Apache-2.0 OR BSD-2-Clause",
    "Apache-2.0 OR BSD-3-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "LGPL-3.0-only",  # psycopg, unchanged and replaceable
    "MIT",
    "MIT OR Apache-2.0",
    "MIT-0",
    "MPL-2.0",  # certifi, unchanged: it binds its own files alone
    "PSF-2.0",
}


def components() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(BILL.read_text())["components"]
    return listed


def test_the_bill_is_of_what_the_image_installs() -> None:
    """But for what another platform needs; `make lock` writes the bill and the lock file."""
    (name,) = re.findall(r"^COPY (requirements\S*\.lock) ", DOCKERFILE.read_text(), re.MULTILINE)
    lock = (ROOT / name).read_text()
    lines = [line for line in lock.splitlines() if line[0].isalnum()]
    everywhere = pins("\n".join(line for line in lines if ";" not in line))
    listed = {
        part["purl"].removeprefix("pkg:pypi/").partition("@")[0]: part["version"]
        for part in components()
        if part["purl"].startswith("pkg:pypi/")
    }
    assert everywhere.items() <= listed.items()
    assert listed.items() <= pins(lock).items()


def test_each_licence_was_looked_at() -> None:
    assert {licence(part) for part in components()} <= LOOKED_AT


def test_people_read_the_same_as_programs() -> None:
    rows = [line for line in LICENCES.read_text().splitlines() if line.startswith("| ")][1:]
    assert {tuple(row.strip("| ").split(" | ")) for row in rows} == {
        (part["name"], part["version"], licence(part)) for part in components()
    }


def test_what_the_pages_bring_along_is_part_of_it() -> None:
    brought = {part["name"] for part in components() if part["purl"].startswith("pkg:npm/")}
    assert brought == {"uPlot", "lean-qr"}

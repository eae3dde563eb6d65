"""`python3 -m scripts.bill_of_materials`: what the gateway is made of, and under which licences.

Two files of one content: CycloneDX 1.6 for programs, a table for people. Both are of what
`requirements-traces.lock` installs on this platform, and of what the pages bring along.
"""

import json
import re
import shutil
import sys
from collections.abc import Iterator
from typing import Any

from app.stack.programs import ROOT, TOOLS
from scripts import audit_tools, python_packages
from scripts.report import SetupError, run, say

LOCK = ROOT / "requirements-traces.lock"
"""The image's; elsewhere what traces need may be left out."""
BILL = ROOT / "docs" / "bill-of-materials.json"
LICENCES = ROOT / "docs" / "licences.md"
CHARTS = ROOT / "frontend" / "vendor" / "uplot" / "uPlot.esm.js"
QR_CODES = ROOT / "frontend" / "vendor" / "lean-qr" / "package.json"
VENV = TOOLS / "materials"
"""The lock file's packages and no other."""
READ = {"protobuf": "BSD-3-Clause"}
"""Of packages that state no licence in words that programs know: the text that they bring."""
HEAD = """\
# Licences

What the gateway's image installs, and what the pages bring along, written by `make lock`; for
programs as a bill of materials in [CycloneDX](bill-of-materials.json). Without containers what
traces need may be left out. What only tests and audits use is not part of it. Wheels bring
libraries along that are not listed by themselves: OpenSSL in cryptography, libpq in psycopg-binary.

| package | version | licence |
|---|---|---|
"""


def main() -> None:
    audit_tools.ensure_packages()
    shutil.rmtree(VENV, ignore_errors=True)
    python_packages.install(LOCK, VENV)
    command = [str(audit_tools.VENV / "bin" / "cyclonedx-py"), "environment", str(VENV)]
    project = ["--pyproject", str(ROOT / "pyproject.toml")]
    written = ["--spec-version", "1.6", "--output-reproducible", "--output-file", str(BILL)]
    run([*command, *project, *written])
    bill = _without_addresses(json.loads(BILL.read_text(encoding="utf-8")))
    for component in bill["components"]:
        if "licenses" not in component:
            component["licenses"] = _read(component["name"])
    bill["components"] += [_of_the_pages("uPlot", _charts()), _of_the_pages("lean-qr", _qr_codes())]
    BILL.write_text(f"{json.dumps(bill, indent=1, ensure_ascii=False)}\n", encoding="utf-8")
    LICENCES.write_text(HEAD + "".join(_rows(bill)), encoding="utf-8")
    say(f"Wrote {BILL.relative_to(ROOT)} and {LICENCES.relative_to(ROOT)}")


def licence(component: dict[str, Any]) -> str:
    """As SPDX writes it; what a package says beside it in the words of its index is left out."""
    stated = component["licenses"][0]
    return str(stated.get("expression") or stated["license"].get("id") or stated["license"]["name"])


def _read(name: str) -> list[dict[str, Any]]:
    if name not in READ:
        raise SetupError(f"{name} states no licence: read the text that it brings")
    return [{"license": {"id": READ[name], "acknowledgement": "concluded"}}]


def _rows(bill: dict[str, Any]) -> Iterator[str]:
    for component in sorted(bill["components"], key=lambda part: part["name"].lower()):
        yield f"| {component['name']} | {component['version']} | {licence(component)} |\n"


def _charts() -> str:
    """Its version."""
    version = re.search(r"\(v([0-9.]+)\)", CHARTS.read_text(encoding="utf-8"))
    if version is None:
        raise SetupError(f"{CHARTS} does not say its version")
    return version[1]


def _qr_codes() -> str:
    """Its version."""
    return str(json.loads(QR_CODES.read_text(encoding="utf-8"))["version"])


def _of_the_pages(name: str, version: str) -> dict[str, Any]:
    return {
        "bom-ref": name,
        "type": "library",
        "name": name,
        "version": version,
        "purl": f"pkg:npm/{name.lower()}@{version}",
        "licenses": [{"license": {"id": "MIT", "acknowledgement": "declared"}}],
    }


def _without_addresses(part: Any) -> Any:
    """Where each package lives on the web is most of the text, and nothing to build on."""
    if isinstance(part, dict):
        return {
            name: _without_addresses(value)
            for name, value in part.items()
            if name != "externalReferences"
        }
    return [_without_addresses(item) for item in part] if isinstance(part, list) else part


if __name__ == "__main__":
    try:
        main()
    except SetupError as error:
        sys.exit(f"setup: {error}")

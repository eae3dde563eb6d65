"""What the documents name is there: commands with their options, settings, files and chapters."""

import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer

from app.cli import cli
from app.settings import Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("*/README.md"),
    *ROOT.glob("clients/*/README.md"),
]
HISTORY = {"CHANGELOG.md"}
"""Names what once was."""
OTHERS = {"COMPOSE_PROFILES", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE"}
"""Settings of other programs."""
CLI = typer.main.get_command(cli)

_COMMAND = re.compile(r"python -m app +([^\n`|;)\\]+)")
_SHORT = re.compile(rf"`((?:{'|'.join(CLI.commands)}) [^`]+)`")  # type: ignore[attr-defined]  # a group's
_LINK = re.compile(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)")
_SETTING = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b(?==)")


def words() -> Iterator[tuple[str, ...]]:
    for document in DOCUMENTS:
        text = "" if document.name in HISTORY else document.read_text()
        for found in (*_COMMAND.findall(text), *_SHORT.findall(text)):
            yield tuple(shlex.split(found, comments=True))


@pytest.mark.parametrize("command", sorted(set(words())), ids=" ".join)
def test_each_command_takes_what_it_is_said_to_take(command: tuple[str, ...]) -> None:
    where: Any = CLI
    rest = list(command)
    while rest and not rest[0].startswith("-") and hasattr(where, "commands"):
        where = where.commands[rest.pop(0)]
    taken = {name for parameter in where.params for name in parameter.opts}
    assert {word for word in rest if word.startswith("--")} <= taken


@cache
def chapters(document: Path) -> set[str]:
    """As GitHub names them."""
    heads = re.findall(r"^#+ (.+)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_link_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(), flags=re.DOTALL)
    for name, chapter in _LINK.findall(text):
        if name.startswith(("http:", "https:", "mailto:")):
            continue
        target = (document.parent / name).resolve() if name else document
        assert target.exists(), name
        assert not chapter or chapter in chapters(target), f"{name}#{chapter}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_each_setting_is_one(document: Path) -> None:
    known = {name.upper() for name in Settings.model_fields}
    if document.name not in HISTORY:
        assert set(_SETTING.findall(document.read_text())) <= known | OTHERS

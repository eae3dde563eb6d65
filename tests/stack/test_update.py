"""Pins are raised where they stand, and every change is told."""

from scripts.update import changes, installed_together, pins, raised

PROJECT = """\
dependencies = [
    "fastapi==0.1.0",
    "psycopg[binary]==3.3.9",  # why
]
uv = ["uv==0.13.9"]
"""


def test_a_pin_is_raised_and_all_around_it_stays() -> None:
    newest = {"fastapi": "0.2.0", "psycopg": "3.4", "uv": "9"}
    text = raised(PROJECT, ["fastapi", "psycopg[binary]"], newest)
    assert text == PROJECT.replace("0.1.0", "0.2.0").replace("3.3.9", "3.4")


def test_environments_are_raised_apart() -> None:
    project = {
        "project": {"dependencies": ["a==1", "b[c]==2"]},
        "dependency-groups": {"dev": ["d==3"], "audit": ["e==4"]},
    }
    assert list(installed_together(project)) == [["a", "b[c]", "d"], ["e"]]


def test_every_change_is_told() -> None:
    before, after = {"a": "1", "b": "1", "c": "1"}, {"a": "1", "b": "2", "d": "1"}
    assert list(changes(before, after)) == ["b 1 → 2", "c 1 went", "d 1 came with another"]


def test_a_lock_file_s_versions_are_read() -> None:
    lock = (
        "a==1\nClick==8.5.1 \\\n    --hash=sha256:00\npywin32==312 ; sys_platform == 'win32' \\\n"
    )
    assert pins(lock) == {"a": "1", "click": "8.5.1", "pywin32": "312"}

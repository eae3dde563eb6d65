"""Where programs are looked for that no Python package brings."""

from pathlib import Path

import pytest

from app.stack import programs
from app.stack.programs import MissingProgramError, find_postgres, find_postgres_client


@pytest.fixture(autouse=True)
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Debian's folder for them, and nothing in the PATH."""
    monkeypatch.setattr(programs, "POSTGRES", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nowhere"))
    return tmp_path


def test_the_newest_release_of_postgresql_is_taken(releases: Path) -> None:
    for release in ("9", "17", "16"):
        folder = releases / release / "bin"
        folder.mkdir(parents=True)
        (folder / "pg_dump").touch()
    (releases / "16" / "bin" / "postgres").touch()
    assert find_postgres_client() == releases / "17" / "bin"
    assert find_postgres() == releases / "16" / "bin"


def test_a_missing_client_is_named_by_its_package() -> None:
    assert find_postgres() is None
    with pytest.raises(MissingProgramError, match="postgresql-client"):
        find_postgres_client()

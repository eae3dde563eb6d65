"""What a first run makes for who wants to look: a demo user, whose password is shown once."""

from pathlib import Path

from app.cli.deployment import DEMO_USER, prepare
from app.settings import Settings
from app.storage.records import users
from app.storage.sqlite.sql import records
from auth.passwords import verify


def test_the_password_is_shown_once_and_kept_as_a_hash(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path / "var")
    (line,) = prepare(settings)
    again = "\n".join(prepare(settings))
    password = line.split("  ")[1]
    with records(settings.database_path) as sql:
        user = users.find(sql, DEMO_USER)
    assert user is not None
    assert verify(user.password, password)
    assert password not in again
    assert f"user password {DEMO_USER}" in again

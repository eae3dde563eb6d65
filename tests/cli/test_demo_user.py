"""What a first run makes for who wants to look: a user, an operator, and a device that sends."""

from pathlib import Path

import pytest

from app.cli.demo import DEVICE, TENANT, demo_device
from app.cli.deployment import DEMO_USER, OPERATOR, prepare
from app.settings import Settings
from app.storage.records import devices, users
from app.storage.sqlite.sql import records
from auth.login import Login
from auth.passwords import verify


@pytest.mark.parametrize(("number", "who"), [(0, DEMO_USER), (1, OPERATOR)])
def test_each_password_is_shown_once_and_kept_as_a_hash(
    tmp_path: Path, number: int, who: Login
) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path / "var")
    line = prepare(settings)[number]
    again = "\n".join(prepare(settings))
    password = line.split("  ")[1]
    with records(settings.database_path) as sql:
        user = users.find(sql, who)
    assert user is not None
    assert verify(user.password, password)
    assert f"Sign in as {who}" in line
    assert password not in again
    assert "user password NAME" in again


def test_the_demos_device_is_registered_once_and_gets_another_token_each_time(
    tmp_path: Path,
) -> None:
    settings = Settings(_env_file=None, state_dir=tmp_path / "var")
    prepare(settings)
    assert demo_device(settings, TENANT) != demo_device(settings, TENANT)
    with records(settings.database_path) as sql:
        (device,) = devices.listed(sql, TENANT, "", 10)
    assert device.id == DEVICE

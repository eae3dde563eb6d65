"""An operator's own certificate is looked through before nginx starts with it."""

from pathlib import Path

import pytest

from app.stack.certificate_check import mistakes, warnings
from app.stack.certificates import ensure
from tests.stack.own_certificate import put as put_at

NOW = 1_800_000_000.0
DAY = 86_400
NAME = "air.example.org"


def put(folder: Path, *names: str) -> None:
    put_at(folder, NOW, *names)


@pytest.mark.parametrize("name", [NAME, "*.example.org"])
def test_one_that_serves_is_not_spoken_of(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    assert list(mistakes(tmp_path, NAME)) == []
    assert list(warnings(tmp_path, NAME, NOW + 59 * DAY)) == []


@pytest.mark.parametrize("name", ["example.org", "*.org", "*.air.example.org"])
def test_one_for_another_name_is_a_mistake(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    assert list(mistakes(tmp_path, NAME)) == [f"{tmp_path}/server.crt is not for {NAME}"]


def test_an_expired_one_is_a_warning_since_nginx_has_to_start_for_its_renewal(
    tmp_path: Path,
) -> None:
    put(tmp_path, NAME)
    assert list(mistakes(tmp_path, NAME)) == []
    assert list(warnings(tmp_path, NAME, NOW + 90 * DAY)) == [f"{tmp_path}/server.crt has expired"]


def test_less_than_a_third_of_its_life_is_a_warning(tmp_path: Path) -> None:
    put(tmp_path, NAME)
    (warning,) = warnings(tmp_path, NAME, NOW + 61 * DAY)
    assert "ends in 29 days, less than a third of its life" in warning


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("server.crt", b"nothing", "is no certificate in PEM"),
        ("server.key", b"nothing", "is not the key of"),
        ("server.key", None, "is missing"),
    ],
)
def test_files_that_do_not_serve_are_a_mistake(
    tmp_path: Path, file: str, content: bytes | None, reason: str
) -> None:
    put(tmp_path, NAME)
    (tmp_path / file).unlink()
    if content:
        (tmp_path / file).write_bytes(content)
    (mistake,) = mistakes(tmp_path, NAME)
    assert reason in mistake


def test_another_s_key_is_a_mistake(tmp_path: Path) -> None:
    put(tmp_path, NAME)
    key = (tmp_path / "server.key").read_bytes()
    put(tmp_path, NAME)
    (tmp_path / "server.key").write_bytes(key)
    (mistake,) = mistakes(tmp_path, NAME)
    assert "is not the key of" in mistake


def test_ours_is_no_mistake_and_for_a_public_name_a_warning(tmp_path: Path) -> None:
    assert list(mistakes(tmp_path, NAME)) == []
    ensure(tmp_path, ["localhost"], NOW)
    assert list(mistakes(tmp_path, NAME)) == []
    assert list(warnings(tmp_path, "localhost", NOW)) == []
    (warning,) = warnings(tmp_path, NAME, NOW)
    assert "development authority" in warning

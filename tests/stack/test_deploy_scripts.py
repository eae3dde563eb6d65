"""The scripts of `deploy/`: a certificate obtained, put in place and taken over; passwords made."""

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from app.settings import Settings
from app.stack.certificates import ensure
from app.stack.programs import ROOT
from tests.stack.bare_nginx import bare_nginx, until

DEPLOY = ROOT / "deploy"
STANDIN_CERTBOT = """\
#!/bin/sh
echo "$@" >"$CERTS_DIR/asked"
[ -e "$CERTS_DIR/../issued.crt" ] || exit 1
live=$CERTS_DIR/letsencrypt/live/gateway
mkdir -p "$live"
cp "$CERTS_DIR/../issued.crt" "$live/fullchain.pem"
cp "$CERTS_DIR/../issued.key" "$live/privkey.pem"
"""
"""Has what an authority would have issued."""


def run(script: str, folder: Path, **environment: str) -> int:
    command = ["sh", str(DEPLOY / script)]
    search = f"{folder}:{os.environ['PATH']}"
    return subprocess.run(
        command, cwd=folder, env={"PATH": search, **environment}, capture_output=True, check=False
    ).returncode


@pytest.fixture
def certs(tmp_path: Path) -> Path:
    """A folder of certificates beside a stand-in certbot."""
    certbot = tmp_path / "certbot"
    certbot.write_text(STANDIN_CERTBOT)
    certbot.chmod(0o755)
    folder = tmp_path / "certs"
    ensure(folder, ["localhost"], time.time())
    return folder


def issue(folder: Path) -> None:
    made = ensure(folder / f"authority-{time.monotonic_ns()}", ["localhost"], time.time())
    shutil.copy(made.chain, folder / "issued.crt")
    shutil.copy(made.key, folder / "issued.key")


def obtain(certs: Path) -> int:
    return run("certificate.sh", certs.parent, CERTS_DIR=str(certs), SERVER_NAME="air.example.org")


def test_a_certificate_takes_the_place_of_the_one_before(certs: Path) -> None:
    issue(certs.parent)
    assert obtain(certs) == 0
    assert "--domain air.example.org" in (certs / "asked").read_text()
    for ours, theirs, mode in (
        ("server.crt", "issued.crt", 0o644),
        ("server.key", "issued.key", 0o600),
    ):
        assert (certs / ours).read_bytes() == (certs.parent / theirs).read_bytes()
        assert (certs / ours).stat().st_mode & 0o777 == mode
    before = (certs / "server.crt").stat().st_ino
    assert obtain(certs) == 0
    assert (certs / "server.crt").stat().st_ino == before


def test_an_authority_that_refuses_leaves_what_serves_and_is_an_error(certs: Path) -> None:
    before = (certs / "server.crt").read_bytes()
    assert obtain(certs) != 0
    assert (certs / "server.crt").read_bytes() == before


def test_nginx_takes_a_new_certificate_over_by_itself(tmp_path: Path) -> None:
    with bare_nginx(tmp_path, tmp_path / "gateway.sock") as nginx:
        before = nginx.serial()
        other = ensure(tmp_path / "other", ["localhost"], time.time())
        shutil.copy(other.key, tmp_path / "server.key")
        shutil.copy(other.chain, tmp_path / "server.crt")
        until(lambda: nginx.serial() != before, "another certificate is served")


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files to the containers' users")
def test_passwords_are_made_once_and_fit_together(tmp_path: Path) -> None:
    assert run("secrets.sh", tmp_path) == 0
    made = {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}
    settings = Settings(
        _env_file=None,
        database_url_file=tmp_path / "secrets" / "database_url",
        redis_url_file=tmp_path / "secrets" / "redis_url",
        workers=2,
    )
    assert f":{made['database_password']}@" in settings.database_url.get_secret_value()
    address = settings.redis_url.get_secret_value()
    password = address.removeprefix("redis://gateway:").partition("@")[0]
    nobody, gateway = made["redis_users"].splitlines()
    assert nobody == "user default off"
    guide = (ROOT / "docs" / "deployment.md").read_text()
    assert gateway.replace(password, "PASSWORD") in guide.splitlines()
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "secrets").iterdir()} == {0o600}
    assert run("secrets.sh", tmp_path) == 0
    assert made == {path.name: path.read_text() for path in (tmp_path / "secrets").iterdir()}

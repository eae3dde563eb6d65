"""The container files pass their linters; no engine runs them here."""

import subprocess
import sys
from pathlib import Path

import pytest

from app.settings import Settings
from app.stack.deploy import deploy
from app.stack.programs import ROOT

BIN = Path(sys.executable).parent
COMPOSE = ROOT / "docker-compose.prod.yml"
LINTERS = {
    "hadolint": ["hadolint", "Dockerfile"],
    "compose": ["docker-compose", "-f", str(COMPOSE), "config", "-q"],
    "hardening": ["compose-lint", "check", "--fail-on", "low", "--strict-config", str(COMPOSE)],
    "schema": ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", str(COMPOSE)],
}


@pytest.mark.parametrize("name", LINTERS)
def test_a_linter_finds_nothing(name: str, tmp_path: Path) -> None:
    program, *arguments = LINTERS[name]
    done = subprocess.run(
        [str(BIN / program), *arguments],
        cwd=ROOT,
        env={"SERVER_NAME": "gateway.example.org", "HOME": str(tmp_path), "PATH": str(BIN)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_deployment_has_to_name_itself() -> None:
    arguments = [str(BIN / "docker-compose"), "-f", str(COMPOSE), "--env-file", "/dev/null"]
    done = subprocess.run(
        [*arguments, "config", "-q"], env={}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "SERVER_NAME" in done.stderr


def test_the_containers_nginx_has_the_same_configuration(tmp_path: Path) -> None:
    settings = Settings(
        _env_file=None,
        server_name="gateway.example.org",
        https_port=443,
        http_port=80,
        certs_dir=tmp_path,
    )
    deploy(settings, tmp_path, container=True)
    text = (tmp_path / "nginx.conf").read_text()
    assert "listen 0.0.0.0:443 ssl http2 default_server sndbuf=256k;" in text
    assert "return 308 https://gateway.example.org$request_uri;" in text
    assert 'access_log "/dev/stdout" line;' in text
    done = subprocess.run(
        [str(BIN / "gixy"), str(tmp_path / "nginx.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "No issues found." in done.stdout, done.stdout


def test_images_hold_no_state_and_no_secret() -> None:
    allowed = {line for line in (ROOT / ".dockerignore").read_text().splitlines() if "!" in line}
    assert allowed == {"!app", "!auth", "!deploy", "!frontend", "!nginx", "!requirements.lock"}

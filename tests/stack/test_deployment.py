"""The container files pass their linters; no engine runs them here."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.settings import Settings
from app.stack.deploy import deploy
from app.stack.programs import ROOT, find_nginx

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


def test_what_is_deployed_listens_for_everyone_on_the_usual_ports(tmp_path: Path) -> None:
    deploy(settings(tmp_path, https_port=443, http_port=80), tmp_path, container=True)
    text = (tmp_path / "nginx.conf").read_text()
    assert "listen 0.0.0.0:443 ssl http2 default_server sndbuf=256k;" in text
    assert "return 308 https://gateway.example.org$request_uri;" in text


@pytest.mark.parametrize(
    ("container", "log"), [(True, '"/dev/stdout"'), (False, "syslog:server=unix:/dev/log,")]
)
def test_nginx_and_gixy_accept_what_is_deployed(tmp_path: Path, container: bool, log: str) -> None:
    deploy(settings(tmp_path), tmp_path, container=container)
    main = tmp_path / "nginx.conf"
    assert f"access_log {log}" in main.read_text()
    gixy = subprocess.run([BIN / "gixy", main], capture_output=True, text=True, check=False)
    assert "No issues found." in gixy.stdout, gixy.stdout
    check = [str(find_nginx().path), "-t", "-p", str(tmp_path), "-c", str(main), "-e", "stderr"]
    nginx = subprocess.run(check, capture_output=True, text=True, check=False)
    assert nginx.returncode == 0, nginx.stderr


def settings(certs: Path, **ports: Any) -> Settings:
    return Settings(_env_file=None, server_name="gateway.example.org", certs_dir=certs, **ports)


def test_images_hold_no_state_and_no_secret() -> None:
    allowed = {line for line in (ROOT / ".dockerignore").read_text().splitlines() if "!" in line}
    sources = {"!app", "!auth", "!clients", "!deploy", "!frontend", "!nginx"}
    assert allowed == {*sources, "!requirements-traces.lock"}

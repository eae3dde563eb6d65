"""The configuration is one that nginx accepts and that auditors find nothing in."""

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.server import KEEP_ALIVE
from app.settings import Settings
from app.stack.certificates import ensure
from app.stack.names import gateway_names
from app.stack.nginx_config import (
    Listening,
    Places,
    UnusablePathError,
    listens_locally,
    render,
    write,
)
from app.stack.programs import find_nginx

HERE = Listening(loopback_only=True, ipv6=True)


def settings(**values: object) -> Settings:
    return Settings(_env_file=None, **values)  # type: ignore[arg-type]  # any setting


def places(folder: Path) -> Places:
    made = ensure(folder, gateway_names("localhost"), time.time())
    return Places(
        sockets=(folder / "gateway.sock",),
        frontend=folder,
        chain=made.chain,
        key=made.key,
        challenges=folder,
        access_log=folder / "access.log",
        error_log=folder / "error.log",
    )


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


@pytest.mark.parametrize(
    ("name", "scale"),
    [("plain", 1), ("with a space", 1), ("brace{d};", 1), ("lifted", 10_000), ("lowered", 1e-3)],
)
def test_nginx_accepts_it(tmp_path: Path, name: str, scale: float) -> None:
    folder = tmp_path / name
    folder.mkdir()
    main = write(folder, render(settings(limit_scale=scale), places(folder), HERE))
    check = [str(find_nginx().path), "-t", "-p", str(folder), "-c", str(main), "-e", "stderr"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_gixy_finds_nothing(tmp_path: Path) -> None:
    main = write(tmp_path, render(settings(), places(tmp_path), HERE, "nobody nogroup"))
    gixy = Path(sys.executable).with_name("gixy")
    done = subprocess.run([gixy, main], capture_output=True, text=True, check=False)
    assert "No issues found." in done.stdout, done.stdout


def test_nothing_is_left_to_fill_in(tmp_path: Path) -> None:
    assert not re.search(r"\$\{\w", render(settings(), places(tmp_path), HERE))


@pytest.mark.parametrize("name", ["dollar$", 'quote"', "back\\slash", "new\nline"])
def test_a_path_that_cannot_be_quoted_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    with pytest.raises(UnusablePathError):
        render(settings(), places(folder), HERE)


def test_limit_scale_lifts_every_limit(tmp_path: Path) -> None:
    text = lines(render(settings(limit_scale=10), places(tmp_path), HERE))
    assert "limit_req_zone $network zone=requests:10m rate=2000r/s;" in text
    assert "limit_req zone=requests burst=10000 nodelay;" in text
    assert "limit_conn connections 4000;" in text


def test_sizes_and_times_come_from_the_settings(tmp_path: Path) -> None:
    given = settings(max_body_bytes=1_000, heartbeat=40, idle_timeout=90)
    text = lines(render(given, places(tmp_path), HERE))
    assert "client_max_body_size 1000;" in text
    assert "proxy_read_timeout 105s;" in text


def test_a_connection_to_the_gateway_is_never_closed_while_nginx_may_use_it(
    tmp_path: Path,
) -> None:
    kept = re.search(
        r"keepalive_timeout (\d+)s;\n    }", render(settings(), places(tmp_path), HERE)
    )
    assert kept is not None
    assert int(kept[1]) < KEEP_ALIVE


def test_a_gateway_for_this_machine_listens_on_loopback_alone(tmp_path: Path) -> None:
    listens = [
        line for line in lines(render(settings(), places(tmp_path), HERE)) if "listen" in line
    ]
    assert listens
    assert all("127.0.0.1:" in line or "[::1]:" in line for line in listens)


def test_who_can_reach_it_follows_from_its_name_and_its_nginx() -> None:
    assert listens_locally(settings(server_name="localhost"), maintained=True)
    assert not listens_locally(settings(server_name="gateway.example.org"), maintained=True)
    assert listens_locally(settings(server_name="gateway.example.org"), maintained=False)


def test_an_nginx_without_updates_speaks_no_http2(tmp_path: Path) -> None:
    text = render(settings(), places(tmp_path), Listening(True, True, http2=False))
    assert "http2" not in text


def with_certificates(folder: Path) -> Settings:
    places(folder)
    return settings(mtls_port=8444, mtls_client_ca=folder / "ca.crt")


def test_devices_show_certificates_where_that_is_wanted_and_nowhere_else(tmp_path: Path) -> None:
    assert "ssl_verify_client" not in render(settings(), places(tmp_path), HERE)
    text = lines(render(with_certificates(tmp_path), places(tmp_path), HERE))
    assert text.count("ssl_verify_client on;") == 1
    assert "listen 127.0.0.1:8444 ssl http2 default_server;" in text


def test_nginx_and_gixy_accept_that_too(tmp_path: Path) -> None:
    main = write(tmp_path, render(with_certificates(tmp_path), places(tmp_path), HERE))
    checks: list[list[str | Path]] = [
        [find_nginx().path, "-t", "-p", tmp_path, "-c", main, "-e", "stderr"],
        [Path(sys.executable).with_name("gixy"), main],
    ]
    for check in checks:
        done = subprocess.run(check, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

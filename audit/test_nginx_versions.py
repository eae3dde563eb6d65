"""The configuration on an old nginx and on a new one."""

import subprocess
import time
from pathlib import Path

import pytest

from app.settings import Settings
from app.stack.certificates import ensure
from app.stack.names import gateway_names
from app.stack.nginx_config import Listening, Places, render, write
from app.stack.programs import Nginx, find_fetched_nginx, find_nginx


@pytest.mark.parametrize("name", ["system", "newest"])
@pytest.mark.parametrize("http2", [True, False])
def test_nginx_accepts_it(tmp_path: Path, name: str, http2: bool) -> None:
    nginx = found(name)
    made = ensure(tmp_path, gateway_names("localhost"), time.time())
    places = Places(
        sockets=(tmp_path / "1.sock", tmp_path / "2.sock"),
        frontend=tmp_path,
        chain=made.chain,
        key=made.key,
        challenges=tmp_path,
        access_log=tmp_path / "access.log",
        error_log=tmp_path / "error.log",
    )
    text = render(Settings(_env_file=None), places, Listening(False, True, http2=http2))
    main = write(tmp_path, text)
    done = subprocess.run(
        [nginx.path, "-t", "-p", tmp_path, "-c", main, "-e", "stderr"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def found(name: str) -> Nginx:
    nginx = find_nginx() if name == "system" else find_fetched_nginx()
    if nginx is None:
        pytest.skip("no newer nginx could be had")
    return nginx

"""nginx with the project's configuration and nothing else of the stack."""

import os
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from typing import IO

from cryptography import x509

from app.settings import Settings
from app.stack.certificates import ensure
from app.stack.names import gateway_names
from app.stack.nginx_config import Listening, Places, render, write
from app.stack.programs import ROOT, find_nginx
from tests.ports import free_port

WITH_RELOAD = ROOT / "deploy" / "with_reload.sh"
PATIENCE = 30.0
"""Seconds for what takes one, on a machine that others use as well."""


@dataclass(frozen=True, slots=True)
class BareNginx:
    https_port: int
    http_port: int
    authority: Path
    challenges: Path
    access_log: Path

    def serial(self) -> int:
        """The number of the certificate that it serves."""
        return serial(self.https_port)

    def ask(self, path: str) -> tuple[int, bytes]:
        return get(self.https_port, self.authority, path)

    def ask_plain(self, path: str) -> tuple[int, bytes]:
        return _answer(HTTPConnection("localhost", self.http_port, timeout=5), path)


@contextmanager
def bare_nginx(folder: Path, *sockets: Path) -> Iterator[BareNginx]:
    """In front of `sockets`; everything it writes is in `folder`."""
    settings = Settings(_env_file=None, https_port=free_port(), http_port=free_port())
    made = ensure(folder, gateway_names("localhost"), time.time())
    assert made.authority
    access_log = folder / "access.log"
    places = Places(
        sockets=sockets,
        frontend=folder,
        chain=made.chain,
        key=made.key,
        challenges=folder / "challenges",
        access_log=access_log,
        error_log=folder / "error.log",
    )
    user = "root root" if os.geteuid() == 0 else ""
    main = write(folder, render(settings, places, Listening(True, False), user))
    command = [
        *(WITH_RELOAD, made.chain),
        *(find_nginx().path, "-p", folder, "-c", main, "-e", folder / "error.log"),
    ]
    with started([str(word) for word in command], {"RELOAD_EVERY": "0.2"}):
        await_file(folder / "nginx.pid")
        yield BareNginx(
            settings.https_port,
            settings.http_port,
            made.authority,
            places.challenges,
            access_log,
        )


@contextmanager
def started(
    command: list[str], environment: dict[str, str], output: IO[bytes] | None = None
) -> Iterator[None]:
    """From where no `.env` is."""
    process = subprocess.Popen(
        command, cwd="/", env={**os.environ, **environment}, stdout=output, stderr=output
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def await_file(path: Path) -> None:
    """Of a socket, until somebody listens there: it is bound a moment earlier."""
    until(lambda: path.exists() and (not path.is_socket() or _heard(path)), f"{path} is there")


def _heard(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(os.fspath(path)) == 0


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}"
        time.sleep(0.02)


def serial(https_port: int) -> int:
    pem = ssl.get_server_certificate(("localhost", https_port), timeout=5)
    return x509.load_pem_x509_certificate(pem.encode()).serial_number


def get(https_port: int, authority: Path, path: str) -> tuple[int, bytes]:
    tls = ssl.create_default_context(cafile=str(authority))
    return _answer(HTTPSConnection("localhost", https_port, timeout=5, context=tls), path)


def _answer(connection: HTTPConnection, path: str) -> tuple[int, bytes]:
    with closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()

"""A stack under test: a real supervisor in a process of its own, and all that it started."""

import json
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import Message
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from app.stack.programs import ROOT
from app.stack.runtime import remove_temporary
from tests.ports import free_port

GREETING = "Ctrl-C stops everything."
SCRIPT = Path(__file__).with_name("standin_stack.py")
PATIENCE = 60.0
"""Seconds for what takes one, on a machine that others use as well."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Message
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Seen:
    """A process, told from a later one with the same number by its start time."""

    pid: int
    started: str
    command: str

    @property
    def alive(self) -> bool:
        status = _stat(self.pid)
        return status is not None and status[0] != "Z" and status[19] == self.started


class StackProcess:
    def __init__(self, folder: Path, *arguments: str, **settings: object) -> None:
        self.folder = folder
        self.https_port, self.http_port = free_port(), free_port()
        self._seen: set[Seen] = set()
        self._arguments = arguments
        self.output = folder / "output.txt"
        self.environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "STATE_DIR": str(folder / "var"),
            "CERTS_DIR": str(folder / "certs"),
            "HTTPS_PORT": str(self.https_port),
            "HTTP_PORT": str(self.http_port),
            **{name: str(value) for name, value in settings.items()},
        }

    def __enter__(self) -> Self:
        self.launch()
        self.await_text(GREETING)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Whatever a test left is ended by its group: a master would replace its workers."""
        self.look()
        for process in self._seen:
            if process.alive:
                with suppress(ProcessLookupError):
                    os.killpg(os.getpgid(process.pid), signal.SIGKILL)
        self.process.wait(PATIENCE)
        remove_temporary(Path(self.environment["STATE_DIR"]) / "run")

    def launch(self) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(SCRIPT), *self._arguments],
                cwd=self.folder,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def await_text(self, text: str, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while text not in self.output.read_text():
            ended = self.process.poll() is not None
            assert not ended, self.output.read_text()
            assert time.monotonic() < deadline, self.output.read_text()
            time.sleep(0.02)

    def look(self) -> set[Seen]:
        """The supervisor and its descendants, remembered for later."""
        parents: dict[int, list[int]] = {}
        for entry in Path("/proc").glob("[0-9]*"):
            status = _stat(int(entry.name))
            if status:
                parents.setdefault(int(status[1]), []).append(int(entry.name))
        todo, found = [self.process.pid], set()
        while todo:
            pid = todo.pop()
            todo += parents.get(pid, [])
            if status := _stat(pid):
                found.add(Seen(pid, status[19], _command(pid)))
        self._seen |= found
        return found

    def find(self, part: str) -> Seen:
        """The oldest: what has been forked has its parent's command until it becomes another."""
        found = (process for process in self.look() if part in process.command)
        return min(found, key=lambda process: (int(process.started), process.pid))

    def await_nothing_left(self, seconds: float = PATIENCE) -> None:
        deadline = time.monotonic() + seconds
        while alive := [process for process in self._seen if process.alive]:
            self.process.poll()
            assert time.monotonic() < deadline, alive
            time.sleep(0.02)

    @property
    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.folder / "certs" / "ca.crt"))

    def ask(
        self,
        path: str,
        method: str = "GET",
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        host: str = "localhost",
    ) -> Answer:
        """One verified HTTPS request over HTTP/1.1, on a connection of its own."""
        connection = HTTPSConnection(host, self.https_port, timeout=PATIENCE, context=self.tls)
        return _answer(connection, method, path, headers, body)

    def ask_plain(self, path: str, port: int | None = None) -> Answer:
        connection = HTTPConnection("127.0.0.1", port or self.http_port, timeout=PATIENCE)
        return _answer(connection, "GET", path, None, None)

    def logs(self) -> str:
        return "".join(log.read_text() for log in (self.folder / "var" / "log").glob("*.log"))


def _answer(
    connection: HTTPConnection,
    method: str,
    path: str,
    headers: Mapping[str, str] | None,
    body: bytes | None,
) -> Answer:
    with closing(connection):
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def _stat(pid: int) -> list[str] | None:
    """The fields of proc(5)'s stat from the third, the state, on."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""

"""The load client as a process: opened, told to run, read."""

import json
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.wire import records

PATIENCE = 30.0


class LoadError(Exception):
    """The client could not do its work; the message is its own."""


@dataclass(frozen=True, slots=True)
class Subscribers:
    """How to subscribe. `heads` and `hello` as in `native/crowd.h`: requests, taken in turn, and
    the frames that follow the upgrade.
    """

    address: str
    heads: Sequence[bytes]
    tls: bool = False
    hello: bytes = b""
    more: Sequence[str] = ()
    """Addresses that take turns with the first."""


@dataclass(frozen=True, slots=True)
class Publishers:
    """How to publish. A text holds one message or several, each with a stamp."""

    address: str
    texts: Sequence[bytes]
    tls: bool = False
    opening: bytes = b""
    answered: bool = False
    """By HTTP: each waits for the answer before it sends again."""


@dataclass(frozen=True, slots=True)
class Opened:
    opened: int
    lost: int
    status: int
    """The last refusal's HTTP status."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Measured:
    seconds: float
    sent: int
    delivered: int
    kept: int
    """Requests answered with success."""
    refused: int
    status: int
    lost: int
    p50_ms: float
    p99_ms: float
    client_cpu: float


class Load:
    """`with Load(command, subscribers, 500, publishers) as load`: all connections are open then."""

    def __init__(
        self,
        command: Sequence[str],
        subscribers: Subscribers,
        size: int,
        publishers: Publishers | None = None,
    ) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="bench-load-")
        words = [*command, "-n", str(size)]
        for address in (subscribers.address, *subscribers.more):
            words += ["-s", address]
        words += ["-S"] * subscribers.tls + ["-u", self._file("heads", subscribers.heads)]
        if subscribers.hello:
            words += ["-h", self._file("hello", [subscribers.hello])]
        if publishers:
            words += ["-p", publishers.address, "-m", str(len(publishers.texts))]
            words += ["-P"] * publishers.tls + ["-a"] * publishers.answered
            words += ["-t", self._file("texts", publishers.texts)]
            if publishers.opening:
                words += ["-o", self._file("opening", [publishers.opening])]
        self._process = subprocess.Popen(  # noqa: S603  (the client that we built)
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def __enter__(self) -> Self:
        try:
            self.opened = self._all_opened()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def run(self, seconds: float, window: int, rate: float = 0) -> Measured:
        """Publish: at most `window` messages under way, `rate` a second or as fast as can be."""
        assert self._process.stdin is not None  # noqa: S101  (it was asked for)
        with suppress(BrokenPipeError):  # it has ended, and said why
            self._process.stdin.write(f"run {seconds} {window} {rate}\n")
            self._process.stdin.flush()
        measured = Measured(**self._answer())
        if measured.lost or measured.refused:
            raise LoadError(
                f"{measured.lost} connections lost, {measured.refused} requests refused "
                f"({measured.status})"
            )
        return measured

    def _all_opened(self) -> Opened:
        opened = Opened(**self._answer())
        if opened.lost:
            raise LoadError(f"{opened.lost} connections were refused: {opened.status}")
        return opened

    def _file(self, name: str, items: Sequence[bytes]) -> str:
        path = Path(self._folder.name) / name
        path.write_bytes(records(items))
        return str(path)

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None  # noqa: S101  (it was asked for)
        line = self._process.stdout.readline()
        if not line:
            _, said = self._process.communicate(timeout=PATIENCE)
            raise LoadError(said.strip() or f"the client ended: {self._process.returncode}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _end(self) -> None:
        if self._process.stdin and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe:
                pipe.close()
        self._folder.cleanup()

"""A server under measurement: started on ports of its own, awaited, ended by its number."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from app.stack.process import die_with_parent
from app.stack.programs import ROOT
from bench.tools import MissingError

START_TIMEOUT = 20.0
STOP_TIMEOUT = 12.0
PYTHON = sys.executable


class Server:
    """One program with whatever it starts, in a process group that ends with us."""

    def __init__(
        self, command: Sequence[object], folder: Path, environment: Mapping[str, object] = {}
    ) -> None:
        self._log = folder / "server.log"
        settings = {name: str(value) for name, value in environment.items()}
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603  (a server that we configured)
                [str(word) for word in command],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=lambda: die_with_parent(signal.SIGTERM),  # noqa: PLW1509  (one thread)
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def await_port(self, port: int) -> None:
        deadline = time.monotonic() + START_TIMEOUT
        while True:
            self.check(deadline)
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                return
            time.sleep(0.05)

    def check(self, deadline: float) -> None:
        """Raise `MissingError` when it has ended or its time is up."""
        if self._process.poll() is not None or time.monotonic() > deadline:
            said = self._log.read_text("utf-8", errors="replace").strip()
            raise MissingError(f"it does not start: {said[-300:]}")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(STOP_TIMEOUT)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

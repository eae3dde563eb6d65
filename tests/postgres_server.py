"""A real PostgreSQL server of our own: on a unix socket in a temporary folder, fsync on.

With a port it is on the loopback as well, and there it may speak TLS.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg

from app.stack.process import die_with_parent

USER = "iaqverse"
PATIENCE = 60.0
_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "log_min_messages": "warning",
}
_schemas = count(1)


class PostgresServer:
    """`with PostgresServer(programs) as server`. As root it runs as the user `postgres`."""

    def __init__(self, programs: Path, port: int | None = None) -> None:
        self._programs = programs
        self._settings = dict(_SETTINGS)
        if port is not None:
            self._settings |= {"listen_addresses": "127.0.0.1", "port": str(port)}
        self._port = self._settings.get("port", "")
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam("postgres")
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        if self._as:
            shutil.chown(self.folder, self._as["user"], self._as["group"])
        words = ("-U", USER, "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync")
        subprocess.run(
            [self._programs / "initdb", "-D", self.folder / "data", *words],
            check=True,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            **self._as,
        )
        self.start()
        self.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with suppress(ProcessLookupError, FileNotFoundError):  # it has ended, in a test that failed
            self.thaw()
        self.stop()
        shutil.rmtree(self.folder)

    @property
    def url(self) -> str:
        port = f"&port={self._port}" if self._port else ""
        return f"postgresql://{USER}@/postgres?host={self.folder}{port}"

    def by_tcp(self, host: str = "localhost") -> str:
        """The URL over TCP; the loopback, whatever the host is called."""
        return f"postgresql://{USER}@{host}:{self._port}/postgres?hostaddr=127.0.0.1"

    def secure(self, chain: Path, key: Path) -> None:
        """From the next start on it speaks TLS."""
        for setting, source in (("ssl_cert_file", chain), ("ssl_key_file", key)):
            target = self.folder / setting
            shutil.copyfile(source, target)
            target.chmod(0o600)
            if self._as:
                shutil.chown(target, self._as["user"], self._as["group"])
            self._settings[setting] = str(target)
        self._settings["ssl"] = "on"

    def schema(self) -> str:
        """The URL of an empty place in it."""
        name = f"own_{next(_schemas)}"
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {name}".encode())
        return f"{self.url}&options=-csearch_path%3D{name}"

    def empty(self, url: str) -> None:
        """What `schema` gave: as it was at first, as after a restart on an empty disk."""
        _, _, name = url.partition("%3D")
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(f"DROP SCHEMA {name} CASCADE; CREATE SCHEMA {name}".encode())

    def start(self) -> None:
        settings: list[str | Path] = [f"-c{name}={value}" for name, value in self._settings.items()]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    "-D",
                    self.folder / "data",
                    "-k",
                    self.folder,
                    *settings,
                ],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=lambda: die_with_parent(signal.SIGQUIT),  # noqa: PLW1509  (started from the main thread)
                **self._as,
            )

    def wait(self) -> None:
        """Until it takes connections."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                psycopg.connect(self.url).close()
            except psycopg.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)
            else:
                return

    def stop(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """At once, as `pg_ctl -m immediate` does; SIGINT is its `fast`."""
        self._process.send_signal(how)
        self._process.wait(PATIENCE)

    @property
    def pid(self) -> int:
        return self._process.pid

    def runs(self) -> bool:
        return self._process.poll() is None

    def freeze(self) -> None:
        self._signal_all(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal_all(signal.SIGCONT)

    def _signal_all(self, number: signal.Signals) -> None:
        """The postmaster first: it starts no further process then."""
        self._process.send_signal(number)
        for child in self._children():
            with suppress(ProcessLookupError):
                os.kill(child, number)

    def _children(self) -> Iterator[int]:
        pid = self._process.pid
        yield from map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split())

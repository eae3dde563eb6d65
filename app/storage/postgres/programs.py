"""The server's own programs, run on the database of DATABASE_URL."""

import contextlib
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from psycopg.pq import Conninfo

from app.storage.copies import BackupError

_COMPLAINT = re.compile(r"(?:error|ERROR|FATAL): +(.*)(?:\n\w+: detail: (.*))?")
"""A client program's own detail says which releases do not go together; a server's holds data."""


@dataclass(frozen=True, slots=True)
class Programs:
    """All of them raise `BackupError` with a program's first complaint: further ones hold data."""

    folder: Path
    url: str

    def run(self, name: str, *words: str | Path) -> str:
        """What it says."""
        done = subprocess.run(  # noqa: S603  (a program found by us, words of ours)
            [self.folder / name, *words],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise BackupError(_complaint(done.stderr))
        return done.stdout.decode()

    @contextlib.contextmanager
    def fed(self, name: str, *words: str | Path) -> Iterator[IO[bytes]]:
        """What it reads; it never comes to the end of it where the block raises."""
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(  # noqa: S603  (as above)
                [self.folder / name, *words],
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=said,
            ) as process,
        ):
            assert process.stdin is not None  # noqa: S101  (a pipe)
            try:
                yield process.stdin
                process.stdin.close()
            except BrokenPipeError:
                pass  # it has ended, and says why
            except BaseException:
                process.kill()
                raise
            _check(process, said)

    def pour(self, target: IO[bytes], name: str, *words: str | Path) -> None:
        """Write what it says to another one."""
        with (
            tempfile.TemporaryFile() as said,
            subprocess.Popen(  # noqa: S603  (as above)
                [self.folder / name, *words],
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
            ) as process,
        ):
            assert process.stdout is not None  # noqa: S101  (a pipe)
            shutil.copyfileobj(process.stdout, target)
            _check(process, said)

    @property
    def _environment(self) -> dict[str, str]:
        """There nobody else sees a password, as anybody sees the words of a command.

        Parameters that have no variable say nothing about which database it is.
        """
        parts = Conninfo.parse(self.url.encode())
        told = {p.envvar.decode(): p.val.decode() for p in parts if p.envvar and p.val is not None}
        return {**os.environ, **told, "PGCLIENTENCODING": "UTF8"}


def _check(process: subprocess.Popen[bytes], said: IO[bytes]) -> None:
    if process.wait():
        said.seek(0)
        raise BackupError(_complaint(said.read()))


def _complaint(said: bytes) -> str:
    text = said.decode(errors="replace")
    found = _COMPLAINT.search(text)
    return ": ".join(filter(None, found.groups())) if found else text.partition("\n")[0]

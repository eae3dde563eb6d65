"""Two honest ways to fill a gateway's disk: a small one of its own, and a limit on its files."""

import os
import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from tests.chaos.stack import Stack

SIZE = "16m"
"""Of the small disk; nginx's and the gateway's logs are on it as well."""


class Disk(Protocol):
    def fill(self, stack: Stack) -> None: ...

    def make_room(self, stack: Stack) -> None: ...


class NoMountError(Exception):
    """The user may not mount anything."""


class SmallDisk:
    """A file takes all the room that is left."""

    def __init__(self, folder: Path) -> None:
        self._ballast = folder / "ballast"

    def fill(self, stack: Stack) -> None:  # noqa: ARG002  (as above)
        file = os.open(self._ballast, os.O_WRONLY | os.O_CREAT)
        for size in (1 << 20, 1 << 12, 1):
            try:
                while os.write(file, bytes(size)) == size:
                    os.lseek(file, 0, os.SEEK_END)
            except OSError:
                continue
        os.close(file)

    def make_room(self, stack: Stack) -> None:  # noqa: ARG002  (as above)
        self._ballast.unlink()


@contextmanager
def small_disk(folder: Path) -> Iterator[SmallDisk]:
    """Mounted on `folder` for as long as it lasts. Raise `NoMountError` for who may not mount."""
    folder.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=755", "none", str(folder)]
    mounted = subprocess.run(words, check=False, capture_output=True, text=True)
    if mounted.returncode:
        raise NoMountError(mounted.stderr.strip())
    try:
        yield SmallDisk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


class FileLimit:
    """`RLIMIT_FSIZE` of the gateway's process: no file of its grows beyond the largest it has."""

    def fill(self, stack: Stack) -> None:
        state = stack.settings.state_dir
        largest = max(file.stat().st_size for file in state.glob("gateway.db*"))
        self._limit(stack, largest)

    def make_room(self, stack: Stack) -> None:
        self._limit(stack, resource.RLIM_INFINITY)

    def _limit(self, stack: Stack, size: int) -> None:
        pid = stack.gateway.pid
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, hard))

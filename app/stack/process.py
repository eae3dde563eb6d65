"""A child process that cannot outlive us, nor leave children of its own behind."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Self

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class Process:
    """A program in its own process group, with its output in a log file.

    `dies_by` is what the kernel sends it when we are killed outright (Linux only). A program with
    children, such as nginx, needs one that it can catch to take them along.
    """

    def __init__(self, name: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name = name
        self.log = log
        self._process = process

    @classmethod
    def start(
        cls,
        name: str,
        command: Sequence[str],
        log: Path,
        *,
        environment: Mapping[str, str],
        dies_by: signal.Signals = signal.SIGKILL,
    ) -> Self:
        """Raises `OSError` when the program cannot be run at all."""
        log.touch(0o600)
        with log.open("ab") as output:
            process = subprocess.Popen(  # noqa: S603  (our own programs)
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                umask=0o077,
                start_new_session=True,
                preexec_fn=tied_to_parent(dies_by),  # noqa: PLW1509  (we have one thread)
            )
        return cls(name, process, log)

    @property
    def ended(self) -> bool:
        return self._process.poll() is not None

    @property
    def succeeded(self) -> bool:
        return self._process.poll() == 0

    def describe_end(self) -> str:
        code = self._process.poll()
        if code is None:
            return f"{self.name} is running"
        if code < 0:
            return f"{self.name} was killed by {signal.Signals(-code).name}"
        return f"{self.name} ended with exit code {code}"

    def send(self, number: signal.Signals) -> None:
        """Ask the program itself; without effect when it has ended."""
        self._process.send_signal(number)

    def kill_group(self) -> None:
        """End the program and whatever it started, also when the program has ended before them."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(1)

    @property
    def last_lines(self) -> list[str]:
        with self.log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 4096))
            return file.read().decode(errors="replace").splitlines()[-5:]


def tied_to_parent(dies_by: signal.Signals) -> Callable[[], None]:
    """What a child runs before its program, so that the kernel sends it this when we end."""
    us = os.getpid()

    def follow() -> None:
        die_with_parent(dies_by)
        if os.getppid() != us:  # we were gone before the kernel knew
            os._exit(1)

    return follow


def die_with_parent(number: signal.Signals) -> None:
    """Have the kernel send this process `number` when its parent ends (Linux, prctl(2))."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(number), 0, 0, 0)

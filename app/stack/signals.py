"""Signals as values: no code of ours runs inside a handler."""

import os
import select
import signal
import time
from types import FrameType, TracebackType
from typing import Self

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """Catches what asks to stop, and a child's end, for as long as it is entered.

    SIGINT counts even where a shell started us in the background with it ignored; an ignored SIGHUP
    (`nohup`) stays ignored.
    """

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        os.set_blocking(self._read, False)
        os.set_blocking(self._write, False)
        self._stops = {s for s in STOPS if s != signal.SIGHUP or _is_heard(s)}
        self._handlers = {s: signal.signal(s, _wake) for s in (*self._stops, signal.SIGCHLD)}
        self._wakeup = signal.set_wakeup_fd(self._write, warn_on_full_buffer=False)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        signal.set_wakeup_fd(self._wakeup)
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        os.close(self._read)
        os.close(self._write)

    def wait(self, seconds: float) -> bool:
        """Sleep until a signal comes or `seconds` are over; True when it asks to stop."""
        ready, _, _ = select.select([self._read], [], [], max(0, seconds))
        return bool(ready) and any(number in self._stops for number in os.read(self._read, 4096))

    def wait_until(self, deadline: float) -> bool:
        return self.wait(deadline - time.monotonic())


def _is_heard(number: signal.Signals) -> bool:
    return signal.getsignal(number) != signal.SIG_IGN


def _wake(_number: int, _frame: FrameType | None) -> None:
    """The wake-up pipe has the number already."""

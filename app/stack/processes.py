"""The stack's processes together: started, watched, and stopped in order."""

import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.stack.errors import StackError
from app.stack.process import Process
from app.stack.readiness import Readiness
from app.stack.signals import Signals

START_TIMEOUT = 60.0
STOP_TIMEOUT = 9.5
"""With the last kill after it, all is over within ten seconds."""
DEMO_STOP = 0.5
DRAINED_STOP = 0.5
"""What nginx gets, after the gateway has closed its sockets, to bring that to the clients."""
DEMO_PAUSE, DEMO_TRIES = 5.0, 3
TEND_EVERY = 60.0


@dataclass(frozen=True, slots=True)
class Commands:
    """What the stack runs beside nginx; no `demo` leaves the feed out."""

    gateway: Sequence[str] = (sys.executable, "-m", "app", "serve")
    demo: Sequence[str] = (sys.executable, "-m", "app", "demo")


class Processes:
    def __init__(self, signals: Signals, logs: Path, environment: Mapping[str, str]) -> None:
        self._signals = signals
        self._logs = logs
        self._environment = environment
        self._gateway: Process | None = None
        self._nginx: Process | None = None
        self._demo: Process | None = None
        self._demo_command: Sequence[str] = ()
        self._demo_again_at: float | None = None
        self._demo_tries = DEMO_TRIES

    def start(self, gateway: Sequence[str], nginx: Sequence[str]) -> None:
        self._gateway = self._start("gateway", gateway)
        self._nginx = self._start("nginx", nginx, log="nginx-error", dies_by=signal.SIGTERM)

    def start_demo(self, command: Sequence[str]) -> None:
        self._demo_command = command
        self._demo = self._start("demo", command)

    def await_ready(self, readiness: Readiness) -> bool:
        """False when asked to stop before; raises `StackError` when it does not become ready."""
        deadline = time.monotonic() + START_TIMEOUT
        while reason := readiness.ask():
            if self._signals.wait(0.05):
                return False
            self._check()
            if time.monotonic() > deadline:
                raise StackError(
                    f"The gateway is not ready after {START_TIMEOUT:.0f} s ({reason}): "
                    f"see {self._logs / 'gateway.log'}"
                )
        return True

    def watch(self, tend: Callable[[], None]) -> None:
        """Return when asked to stop; raises `StackError` when nginx or the gateway ends.

        `tend` is called once a minute.
        """
        next_tend = time.monotonic() + TEND_EVERY
        while not self._signals.wait_until(min(next_tend, self._demo_again_at or next_tend)):
            self._check()
            self._check_demo(time.monotonic())
            if time.monotonic() >= next_tend:
                next_tend = time.monotonic() + TEND_EVERY
                tend()

    def reload_nginx(self) -> None:
        if self._nginx:
            self._nginx.send(signal.SIGHUP)

    def stop(self) -> None:
        """Demo, nginx, gateway; nginx lets go of its clients as the gateway closes their sockets.

        Being told to stop a second time cuts the wait short. Nothing is left at the end.
        """
        deadline = time.monotonic() + STOP_TIMEOUT
        _send(self._demo, signal.SIGTERM)
        patient = self._await_end(self._demo, min(deadline, time.monotonic() + DEMO_STOP))
        _send(self._nginx, signal.SIGQUIT)
        _send(self._gateway, signal.SIGTERM)
        if patient and self._await_end(self._gateway, deadline - DRAINED_STOP):
            self._await_end(self._nginx, min(deadline, time.monotonic() + DRAINED_STOP))
        for process in (self._demo, self._nginx, self._gateway):
            if process:
                process.kill_group()

    def _await_end(self, process: Process | None, deadline: float) -> bool:
        """False when told to stop again."""
        while process and not process.ended and time.monotonic() < deadline:
            if self._signals.wait_until(deadline):
                return False
        return True

    def _check(self) -> None:
        for process in (self._gateway, self._nginx):
            if process and process.ended:
                tail = "".join(f"\n  {line}" for line in process.last_lines)
                raise StackError(f"{process.describe_end()}: see {process.log}{tail}")

    def _check_demo(self, now: float) -> None:
        """The gateway works without the feed, so the feed is started again, and then let go."""
        if self._demo_again_at:
            if now >= self._demo_again_at:
                self._demo_again_at = None
                self._demo = self._start("demo", self._demo_command)
        elif self._demo and self._demo.ended:
            end = f"{self._demo.describe_end()} (see {self._demo.log})"
            again = not self._demo.succeeded and self._demo_tries > 0
            self._demo = None
            if again:
                self._demo_tries -= 1
                self._demo_again_at = now + DEMO_PAUSE
            _say(f"{end}, {'trying again' if again else 'the gateway goes on without it'}")

    def _start(
        self,
        name: str,
        command: Sequence[str],
        *,
        log: str = "",
        dies_by: signal.Signals = signal.SIGKILL,
    ) -> Process:
        path = self._logs / f"{log or name}.log"
        try:
            return Process.start(
                name, command, path, environment=self._environment, dies_by=dies_by
            )
        except OSError as error:
            raise StackError(f"{name} cannot be started: {error}") from error


def _send(process: Process | None, number: signal.Signals) -> None:
    if process:
        process.send(number)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")

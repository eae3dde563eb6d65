"""Several gateways on this machine: one that ends is started again, all are replaced one by one.

Each has a socket of its own, and nginx spreads over them (docs/decisions/0018).
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Mapping, Sequence
from pathlib import Path

import structlog

from app.stack.errors import StackError
from app.stack.process import tied_to_parent

COMMAND = (sys.executable, "-m", "app", "serve")
START_TIMEOUT = 30.0
"""Seconds until a new worker has to answer."""
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0
"""Seconds before a worker that ended is started again: doubled while it ends at once."""
STEADY = 10.0
"""Seconds that it has to live for the pauses to begin anew."""
SETTLING = 0.2
"""Seconds in which one that is replaced takes on what had connected to it."""

log = structlog.get_logger()


def sockets(path: Path, workers: int) -> tuple[Path, ...]:
    """Where each of them listens: the path itself for one, numbered for several."""
    if workers == 1:
        return (path,)
    return tuple(path.with_stem(f"{path.stem}-{number}") for number in range(1, workers + 1))


async def run_workers(
    paths: Sequence[Path],
    environment: Mapping[str, str],
    command: Sequence[str] = COMMAND,
    patience: float = START_TIMEOUT,
) -> None:
    """Until SIGINT or SIGTERM; SIGHUP replaces all of them. Raises `StackError` when one does not
    come up at first: later ones are tried for ever, and what they lack is in their own words.
    """
    workers = [Worker(path, environment, command, patience) for path in paths]
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    this = asyncio.current_task()
    assert this is not None  # noqa: S101  (a coroutine runs in a task)
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, this.cancel)
    loop.add_signal_handler(signal.SIGHUP, told.set)
    try:
        await workers[0].fill("/health/live")  # it makes what the others find
        await asyncio.gather(*(worker.fill("/health/live") for worker in workers[1:]))
        async with asyncio.TaskGroup() as work:
            for worker in workers:
                work.create_task(worker.keep())
            work.create_task(_replace_all(workers, told))
    except asyncio.CancelledError:
        log.info("workers stop")
    finally:
        await asyncio.gather(*(worker.end() for worker in workers))


class Worker:
    """A socket's path, and whichever process answers there."""

    def __init__(
        self, path: Path, environment: Mapping[str, str], command: Sequence[str], patience: float
    ) -> None:
        self._path = path
        self._coming = path.with_suffix(".new")
        self._environment = {**environment, "GATEWAY_SOCKET": str(self._coming), "WORKERS": "1"}
        self._command = command
        self._patience = patience
        self._filling = asyncio.Lock()
        self._process: Process | None = None

    async def fill(self, ask: str) -> None:
        """A new process, once it answers there with 200, takes the place of the one before, which
        then drains. Raises `StackError` when it does not: then the one before stays.
        """
        async with self._filling:
            process = await self._start()
            try:
                await self._answers(process, ask)
            except BaseException:
                await _end(process)
                raise
            before, self._process = self._process, process
            self._coming.replace(self._path)
            log.info("worker started", socket=self._path.name, worker=process.pid)
            if before:
                await asyncio.sleep(SETTLING)
                await _end(before)

    async def keep(self) -> None:
        """Start it again whenever it ends, until cancelled."""
        pause, loop = FIRST_PAUSE, asyncio.get_running_loop()
        while process := self._process:
            began = loop.time()
            code = await process.wait()
            async with self._filling:
                replaced = self._process is not process
            if not replaced:
                log.error("worker ended", socket=self._path.name, worker=process.pid, code=code)
                pause = FIRST_PAUSE if loop.time() - began > STEADY else pause
                pause = await self._start_again(pause)

    async def end(self) -> None:
        if self._process:
            await _end(self._process)
        self._path.unlink(missing_ok=True)

    async def _start(self) -> Process:
        try:
            return await asyncio.create_subprocess_exec(
                *self._command,
                env=self._environment,
                start_new_session=True,  # a Ctrl-C is for who started them all
                preexec_fn=tied_to_parent(signal.SIGKILL),
            )
        except OSError as error:  # no memory, or the interpreter is being replaced
            raise StackError(f"a worker cannot be started: {error}") from error

    async def _start_again(self, pause: float) -> float:
        """Try until it answers; how long to pause before the next time."""
        while True:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)
            try:
                await self.fill("/health/live")
            except StackError as error:
                log.warning("worker does not start", socket=self._path.name, reason=str(error))
            else:
                return pause

    async def _answers(self, process: Process, ask: str) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience
        while reason := await _unready(self._coming, ask):
            if process.returncode is not None:
                raise StackError(f"a worker ended with exit code {process.returncode}")
            if loop.time() > deadline:
                raise StackError(f"a worker is not ready after {self._patience:g} s ({reason})")
            await asyncio.sleep(0.02)


async def _replace_all(workers: Sequence[Worker], told: asyncio.Event) -> None:
    """One after the other, whenever it is asked for; the first that does not get ready ends it."""
    while True:
        await told.wait()
        told.clear()
        try:
            for worker in workers:
                await worker.fill("/health/ready")
        except StackError as error:
            log.warning("workers are not replaced any further", reason=str(error))


async def _end(process: Process) -> None:
    """Let it drain, for as long as it takes: it bounds that itself."""
    if process.returncode is None:
        process.terminate()
    await process.wait()


async def _unready(path: Path, ask: str) -> str:
    """Empty when the worker there answers with 200, else what is in the way."""
    try:
        reader, writer = await asyncio.open_unix_connection(os.fspath(path))
    except OSError as error:
        return type(error).__name__
    try:
        writer.write(f"GET {ask} HTTP/1.1\r\nHost: worker\r\nConnection: close\r\n\r\n".encode())
        line = await asyncio.wait_for(reader.readline(), 2)
    except (OSError, TimeoutError) as error:
        return type(error).__name__
    finally:
        writer.close()
    status = line.split(b" ")[1:2]
    return "" if status == [b"200"] else f"{ask} answers {b''.join(status).decode('ascii')}"

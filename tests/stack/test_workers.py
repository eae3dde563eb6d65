"""Several workers: each answers, one that ends is back, all are replaced without a gap."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.stack.errors import StackError
from app.stack.programs import ROOT
from app.stack.workers import Worker, sockets

SCRIPT = Path(__file__).with_name("standin_workers.py")
PATIENCE = 60.0
"""Seconds for what takes one, on a machine that others use as well."""


class Crew:
    """Two stand-ins under the real supervisor."""

    def __init__(self, folder: Path, patience: float = PATIENCE) -> None:
        self.folder = folder
        self.paths = sockets(folder / "gateway.sock", 2)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        with (folder / "output.txt").open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, str(SCRIPT), str(folder / "gateway.sock"), "2", str(patience)],
                env=environment, stdout=output, stderr=output,
            )  # fmt: skip

    def pid(self, number: int) -> int:
        """Of the process that answers on this worker's socket. Raises `OSError` when none does."""
        connection = http.client.HTTPConnection("worker")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.settimeout(PATIENCE)
        try:
            connection.sock.connect(os.fspath(self.paths[number]))
            connection.request("GET", "/", headers={"Connection": "close"})
            return int(connection.getresponse().read())
        finally:
            connection.close()

    def pids(self) -> list[int]:
        return [self.pid(number) for number in range(len(self.paths))]

    @property
    def output(self) -> str:
        return (self.folder / "output.txt").read_text()

    def up(self) -> bool:
        try:
            return len(set(self.pids())) == 2
        except OSError:
            return False


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


@pytest.fixture
def patience() -> float:
    """Seconds until a new worker has to answer."""
    return PATIENCE


@pytest.fixture
def crew(tmp_path: Path, patience: float) -> Iterator[Crew]:
    crew = Crew(tmp_path, patience)
    try:
        until(crew.up)
        yield crew
    finally:
        crew.process.kill()
        crew.process.wait()


def test_one_listens_where_it_always_did_and_several_on_numbers() -> None:
    assert sockets(Path("/run/gateway.sock"), 1) == (Path("/run/gateway.sock"),)
    assert sockets(Path("/run/gateway.sock"), 2) == (
        Path("/run/gateway-1.sock"), Path("/run/gateway-2.sock"),
    )  # fmt: skip


def test_told_to_stop_they_all_end(crew: Crew) -> None:
    pids = crew.pids()
    crew.process.terminate()
    assert crew.process.wait(PATIENCE) == 0
    assert not any(map(alive, pids))
    assert not any(path.exists() for path in crew.paths)


def test_killed_their_supervisor_takes_them_along(crew: Crew) -> None:
    pids = crew.pids()
    crew.process.kill()
    crew.process.wait()
    until(lambda: not any(map(alive, pids)))


def test_one_that_is_killed_is_started_again_and_the_other_goes_on(crew: Crew) -> None:
    first, second = crew.pids()
    os.kill(first, signal.SIGKILL)
    until(crew.up)
    assert crew.pid(0) != first
    assert crew.pid(1) == second


def test_one_that_cannot_start_is_tried_until_it_can(crew: Crew) -> None:
    first, _ = crew.pids()
    (crew.folder / "broken").touch()
    os.kill(first, signal.SIGKILL)
    until(lambda: "ended with exit code 3" in crew.output)
    (crew.folder / "broken").unlink()
    until(crew.up)


def test_they_are_replaced_without_a_moment_that_nobody_answers(crew: Crew) -> None:
    before = crew.pids()
    crew.process.send_signal(signal.SIGHUP)

    def replaced() -> bool:
        second, first = crew.pid(1), crew.pid(0)  # raises where nobody listens
        assert second == before[1] or first != before[0], "one after the other"
        return second != before[1]

    until(replaced)
    until(lambda: not any(map(alive, before)))


@pytest.mark.parametrize(
    ("fault", "patience", "said"),
    [("broken", PATIENCE, "ended with exit code 3"), ("unready", 6.0, "answers 503")],
)
def test_one_that_does_not_get_ready_replaces_nobody(crew: Crew, fault: str, said: str) -> None:
    before = crew.pids()
    (crew.folder / fault).touch()
    crew.process.send_signal(signal.SIGHUP)
    until(lambda: said in crew.output)
    assert crew.pids() == before


def test_where_one_cannot_start_at_all_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "broken").touch()
    crew = Crew(tmp_path)
    assert crew.process.wait(PATIENCE) == 1
    assert "a worker ended with exit code 3" in crew.output


async def test_one_whose_program_is_gone_replaces_nobody(tmp_path: Path) -> None:
    worker = Worker(tmp_path / "gateway.sock", {}, [str(tmp_path / "python")], PATIENCE)
    with pytest.raises(StackError, match="a worker cannot be started"):
        await worker.fill("/health/live")

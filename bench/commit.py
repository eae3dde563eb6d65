"""`python -m bench.commit`: what a message waits for its durable commit, from ingest to a socket.

Two gateways at once, one as shipped and one that commits without waiting for the disk, are sent a
measurement in turn, one at a time; beside them, in the same turns, the commit alone: a row into a
file as the store opens it, durably and not. Ages are from before the POST to the dashboard's frame.
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from http.client import HTTPConnection

from app.storage.sqlite.file import connect, prepare
from auth.principal import Role
from bench import wire
from bench.load import LoadError
from bench.peers.base import Peer, workplace
from bench.peers.gateway import FORGETFUL, PLAIN, Tokens
from bench.replay import greeting, opened

WARM, TIMES = 20, 400
_READ = 1 << 16
_BYTES = 4_096
"""They make a row of two pages: as many as a lone measurement's commit writes."""

Turn = Callable[[], None]


def main() -> None:
    argparse.ArgumentParser(prog="python -m bench.commit", description=__doc__).parse_args()
    sys.stdout.write("                          p50 ms  p99 ms\n")
    with ExitStack() as stack:
        turns = {
            "ingest to socket": _gateway(stack, PLAIN),
            "the same, no fsync": _gateway(stack, FORGETFUL),
            "a commit alone": _commit(stack, "FULL"),
            "the same, without fsync": _commit(stack, "OFF"),
        }
        for name, ages in measure(turns).items():
            p99 = statistics.quantiles(ages, n=100)[-1]
            sys.stdout.write(f"{name:26}{statistics.median(ages):6.2f}{p99:8.2f}\n")


def measure(turns: dict[str, Turn]) -> dict[str, list[float]]:
    """Milliseconds of each, taken in turn, so that a busy moment of the machine is everybody's."""
    ages: dict[str, list[float]] = {name: [] for name in turns}
    for number in range(WARM + TIMES):
        for name, turn in turns.items():
            before = time.perf_counter()
            turn()
            if number >= WARM:
                ages[name].append((time.perf_counter() - before) * 1_000)
    return ages


def _gateway(stack: ExitStack, peer: Peer) -> Turn:
    folder = stack.enter_context(workplace())
    running, tokens = stack.enter_context(peer.start(folder)), Tokens(folder)
    address = running.subscribers.address
    dashboard = stack.enter_context(closing(opened(address, tokens.bearer(Role.DASHBOARD, 0), "")))
    greeting(dashboard)
    device = stack.enter_context(closing(HTTPConnection(address, timeout=30)))
    headers = dict([("Content-Type", "application/json"), tokens.bearer(Role.DEVICE, 0)])
    body = wire.measurement("sensor-00-00")

    def turn() -> None:
        device.request("POST", "/api/ingest", body, headers)
        received = b""
        while not received.endswith(b'"}'):
            received += dashboard.recv(_READ)
        answer = device.getresponse()
        if not answer.read() or answer.status >= 300:  # noqa: PLR2004  (success)
            raise LoadError(f"a measurement was not kept: {answer.status}")

    return turn


def _commit(stack: ExitStack, synchronous: str) -> Turn:
    path = stack.enter_context(workplace()) / "commit.db"
    prepare(path)
    database = stack.enter_context(closing(connect(path)))
    database.execute(f"PRAGMA synchronous = {synchronous}")
    return lambda: database.execute(
        "INSERT OR REPLACE INTO probe VALUES (1, zeroblob(?))", (_BYTES,)
    ).close()


if __name__ == "__main__":
    main()

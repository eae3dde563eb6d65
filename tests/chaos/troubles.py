"""What happens to a stack under load. Each waits on what devices are told, not on time."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from tests.chaos.disk import Disk
from tests.chaos.ledger import Ledger
from tests.chaos.load import Trouble
from tests.chaos.stack import Stack, until
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer

MOST_BETWEEN = 400
"""Acknowledgements from one blow to the next, drawn anew each time."""

LONGEST_REQUEST = 0.02
HEALTH_TELLS = 60.0
"""Seconds until it does: a look waits as long for a locked file as a measurement does."""
RECOVERED = 30.0
"""Seconds until a broker that is back, or gone, is noticed by every worker, of a busy machine."""
LOOKS = 6
"""At the health, more than there are workers."""
BETWEEN_LOOKS = 0.1
"""Seconds: nginx lets an address look 20 times in one."""
HOLD = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], timeout=30, isolation_level=None)
database.execute("BEGIN EXCLUSIVE")
print(flush=True)
sys.stdin.read()
"""
"""Holds the file of its argument until its input ends."""


def kills(count: int, seed: int = 1) -> Trouble:
    """The gateway is killed with -9 and started again."""
    random = Random(seed)  # noqa: S311  (blows, no secrets)

    async def trouble(stack: Stack, ledger: Ledger) -> int:
        for _ in range(count):
            await go_on(ledger, random.randint(1, MOST_BETWEEN))
            await asyncio.sleep(random.uniform(0, LONGEST_REQUEST))  # not just after an answer
            stack.kill_gateway()
            stack.start_gateway()
        await go_on(ledger, MOST_BETWEEN)
        return count

    return trouble


def nginx_blows(rounds: int, seed: int = 1) -> Trouble:
    """Reload and restart nginx by turns; the gateway lives on."""
    random = Random(seed)  # noqa: S311  (blows, no secrets)

    async def trouble(stack: Stack, ledger: Ledger) -> int:
        for _ in range(rounds):
            for blow in (stack.reload_nginx, stack.restart_nginx):
                await go_on(ledger, random.randint(1, MOST_BETWEEN))
                blow()
        await go_on(ledger, MOST_BETWEEN)
        assert stack.gateway.poll() is None, "the gateway ended"
        return 2 * rounds

    return trouble


def full_disk(disk: Disk, times: int = 1) -> Trouble:
    """Nothing can be written for as long as it takes to be told so; then there is room again."""

    async def trouble(stack: Stack, ledger: Ledger) -> int:
        for _ in range(times):
            await go_on(ledger, MOST_BETWEEN)
            disk.fill(stack)
            try:
                await refused(stack, ledger, posts=20, looks=5)
            finally:
                disk.make_room(stack)
            await stack.ready()
            await go_on(ledger, MOST_BETWEEN)
        assert stack.gateway.poll() is None, "the gateway ended"
        return times

    return trouble


def locked_store(times: int = 1) -> Trouble:
    """Another process holds the store's file for longer than the gateway waits for it."""

    async def trouble(stack: Stack, ledger: Ledger) -> int:
        for _ in range(times):
            await go_on(ledger, MOST_BETWEEN)
            with held(stack.settings.database_path):
                await refused(stack, ledger, posts=1, looks=1)  # each takes what it waits
            await stack.ready()
            await go_on(ledger, MOST_BETWEEN)
        return times

    return trouble


def database_blows(server: PostgresServer, rounds: int) -> Trouble:
    """PostgreSQL is stopped at once and started again, frozen and thawed, by turns."""

    def start() -> None:
        server.start()
        server.wait()

    async def trouble(stack: Stack, ledger: Ledger) -> int:
        for _ in range(rounds):
            for blow, mend in ((server.stop, start), (server.freeze, server.thaw)):
                await go_on(ledger, MOST_BETWEEN)
                blow()
                try:
                    await refused(stack, ledger, posts=1, looks=5)
                finally:
                    mend()
                await stack.ready()
                await go_on(ledger, MOST_BETWEEN)
        assert stack.gateway.poll() is None, "the gateway ended"
        return 2 * rounds

    return trouble


def deploys(times: int) -> Trouble:
    """Every worker is replaced, one by one, as after an upgrade."""

    async def trouble(stack: Stack, ledger: Ledger) -> int:
        for _ in range(times):
            await go_on(ledger, MOST_BETWEEN)
            await replaced(stack)
        await go_on(ledger, MOST_BETWEEN)
        return times

    return trouble


def gateways_blows(broker: RedisServer, rounds: int, seed: int = 1) -> Trouble:
    """One of several workers is killed with -9; Redis is stopped and started empty, and frozen.

    Devices are answered all the while.
    """
    random = Random(seed)  # noqa: S311  (blows, no secrets)

    async def trouble(stack: Stack, ledger: Ledger) -> int:
        for _ in range(rounds):
            await go_on(ledger, random.randint(1, MOST_BETWEEN))
            os.kill(random.choice(stack.workers()), signal.SIGKILL)
            for blow, mend in ((broker.stop, broker.start), (broker.freeze, broker.thaw)):
                await go_on(ledger, random.randint(1, MOST_BETWEEN))
                blow()
                try:
                    await health(stack, "degraded")
                    await go_on(ledger, random.randint(1, MOST_BETWEEN))
                finally:
                    mend()
                await health(stack, "ready")
        return 3 * rounds

    return trouble


async def replaced(stack: Stack) -> None:
    """Every worker, one by one."""
    before = set(stack.workers())
    stack.gateway.send_signal(signal.SIGHUP)
    await until(lambda: before.isdisjoint(stack.workers()), "all are replaced")


async def health(stack: Stack, status: str) -> None:
    """Until whoever is asked says so, so often in a row that every worker was."""
    deadline, row = time.monotonic() + RECOVERED, 0
    async with stack.client() as probe:
        while row < LOOKS:
            await asyncio.sleep(BETWEEN_LOOKS)
            answer = await probe.get("/health/ready")
            row = row + 1 if answer.json().get("status") == status else 0
            assert time.monotonic() < deadline, f"/health/ready is not {status}: {answer.text}"


async def refused(stack: Stack, ledger: Ledger, *, posts: int, looks: int) -> None:
    """Until so many posts got a 503 and so many looks at the health in a row said why."""
    enough = ledger.refusals["503"] + posts
    looking = asyncio.create_task(_unready(stack, looks))
    try:
        await until(lambda: ledger.refusals["503"] >= enough, "devices get 503")
        await looking
    finally:
        looking.cancel()


async def _unready(stack: Stack, looks: int) -> None:
    deadline, row = time.monotonic() + HEALTH_TELLS, 0
    async with stack.client() as probe:
        while row < looks:
            await asyncio.sleep(BETWEEN_LOOKS)
            answer = await probe.get("/health/ready")
            row = row + 1 if answer.status_code == 503 else 0
            assert time.monotonic() < deadline, f"/health/ready answers {answer.status_code}"
    assert answer.json()["error"]["part"] == "store"
    assert int(answer.headers["Retry-After"]) > 0


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Another process has the file to itself."""
    words = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdout.readline()
        try:
            yield
        finally:
            holder.stdin.close()


async def go_on(ledger: Ledger, more: int) -> None:
    """Until so many more are acknowledged."""
    enough = len(ledger.acknowledged) + more
    await until(lambda: len(ledger.acknowledged) >= enough, f"{more} more acknowledged")

"""A gateway that greets and closes at once is asked ever more seldom."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random

import pytest
from iaqverse.clock import Clock
from iaqverse.subscriber import Subscriber
from websockets.asyncio.server import ServerConnection, serve

from tests.demo.peer_gateway import FakeClock

TIMES = 8
End = Callable[[ServerConnection], Awaitable[None]]


class Case:
    """What a subscriber slept between connections to a gateway that ends each by `end`."""

    def __init__(self, port: int) -> None:
        self.enough = asyncio.Event()
        self.time = FakeClock(lambda _: self._count())
        self.subscriber = Subscriber(f"http://127.0.0.1:{port}", "token")
        self.subscriber._random = Random(1)  # noqa: S311  (jitter)
        self.subscriber._clock = Clock(self._sleep, self.time.now)

    async def _sleep(self, seconds: float) -> None:
        await self.time.sleep(seconds)
        if self.enough.is_set():
            await asyncio.Event().wait()

    def _count(self) -> None:
        if len(self.time.slept) == TIMES:
            self.enough.set()

    async def pauses(self) -> list[float]:
        listening = asyncio.ensure_future(anext(aiter(self.subscriber)))
        try:
            async with asyncio.timeout(20):
                await self.enough.wait()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        return self.time.slept


@asynccontextmanager
async def case(end: End) -> AsyncIterator[Case]:
    async def gateway(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "connection", "position": "e-0"}))
        await socket.recv()
        await end(socket)

    async with serve(gateway, "127.0.0.1", 0) as server:
        yield Case(server.sockets[0].getsockname()[1])


def closing(code: int, reason: str = "") -> End:
    async def end(socket: ServerConnection) -> None:
        await socket.close(code, reason)

    return end


def saying(**frame: object) -> End:
    async def end(socket: ServerConnection) -> None:
        await socket.send(json.dumps(frame))
        await socket.wait_closed()

    return end


@pytest.mark.parametrize(
    "end",
    [
        *map(closing, (1000, 1001, 1011, 1012, 4409)),
        saying(type="lagged"),
        saying(type="error", retryable=True),
    ],
    ids=["1000", "1001", "1011", "1012", "4409", "lagged", "error"],
)
async def test_pauses_grow_while_no_connection_lasts(end: End) -> None:
    async with case(end) as made:
        pauses = await made.pauses()
    assert all(0 < pause <= min(30, 0.5 * 2**n) for n, pause in enumerate(pauses))
    assert max(pauses) > 5


@pytest.mark.parametrize(
    "end",
    [
        closing(1012, "restart; retry_after=40"),
        closing(1001, "retry_after=40"),
        saying(type="error", retryable=True, retry_after=40),
    ],
    ids=["1012", "1001", "error"],
)
async def test_it_comes_back_no_sooner_than_it_was_told(end: End) -> None:
    async with case(end) as made:
        assert all(40 <= pause <= 48 for pause in await made.pauses())


async def test_after_a_connection_that_lasted_they_start_over() -> None:
    async def end(socket: ServerConnection) -> None:
        made.time.time += 5
        await socket.close(1012)

    async with case(end) as made:
        assert max(await made.pauses()) <= 0.5

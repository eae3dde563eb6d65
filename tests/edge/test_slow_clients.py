"""Dashboards that do not read: nobody notices, memory is bounded, none loses without a word."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection

from app.transport.connection import CLOSE_GRACE
from tests.conftest import Running, Start
from tests.edge.deaf import Deaf, alarm, is_alarm, publish
from tests.edge.separate import Separate, separate
from tests.edge.wire import end_of, heard, until

LIFTED = 1_000
BEYOND_BUFFERS = 1_700
"""Messages of 4 KB: more than operating systems hold for a peer, less than the ring of 8 MiB."""
GROWTH = 60_000_000
"""Bytes: the ring, what stands in transports shared by all, and what requests and commits take.
A queue for each of a thousand would be 7 GB.
"""


@pytest.fixture
async def apart(tmp_path: Path) -> AsyncIterator[Separate]:
    async with separate(tmp_path) as gateway:
        yield gateway


@contextmanager
def crowd(gateway: Running, count: int) -> Iterator[list[Deaf]]:
    deaf: list[Deaf] = []
    try:
        deaf += [Deaf(gateway) for _ in range(count)]
        yield deaf
    finally:
        for each in deaf:
            each.socket.close()


async def positions(socket: ClientConnection, count: int) -> list[str]:
    return [(await heard(socket))["position"] for _ in range(count)]


class TestOthers:
    @pytest.mark.parametrize("count", [1, 100, 1_000])
    async def test_they_get_everything_in_order_and_memory_is_bounded(
        self, apart: Separate, count: int
    ) -> None:
        async with AsyncExitStack() as stack:
            others = [await stack.enter_async_context(apart.dashboard()) for _ in range(3)]
            for other in others:
                await heard(other)
            deaf = await asyncio.to_thread(stack.enter_context, crowd(apart, count))
            device = await stack.enter_async_context(apart.client("device"))
            before = apart.private_bytes()
            reading = [asyncio.create_task(positions(other, BEYOND_BUFFERS)) for other in others]
            expected = await publish(device, BEYOND_BUFFERS)
            for received in reading:
                assert await received == expected
            assert apart.private_bytes() - before < GROWTH
            await alarm(apart, "the end")
            messages = await asyncio.to_thread(deaf[-1].up_to, is_alarm("the end"))
            assert [message["position"] for message in messages[:-1]] == expected


class TestBehind:
    async def test_it_is_served_in_order_without_hole_or_repeat_and_is_live_again(
        self, start: Start
    ) -> None:
        async with start(limit_scale=LIFTED) as gateway, gateway.client("device") as device:
            with await asyncio.to_thread(Deaf, gateway) as deaf:
                expected = await publish(device, BEYOND_BUFFERS)
                await alarm(gateway, "caught up")
                messages = await asyncio.to_thread(deaf.up_to, is_alarm("caught up"))
                assert [message["position"] for message in messages[:-1]] == expected
                await alarm(gateway, "live")
                assert is_alarm("live")(await asyncio.to_thread(deaf.next))

    async def test_one_that_negotiated_deflate_is_served_likewise(self, tmp_path: Path) -> None:
        async with AsyncExitStack() as stack:
            gateway = await stack.enter_async_context(separate(tmp_path, COMPRESSION="true"))
            device = await stack.enter_async_context(gateway.client("device"))
            deaf = stack.enter_context(await asyncio.to_thread(Deaf, gateway, deflates=True))
            expected = await publish(device, BEYOND_BUFFERS)
            messages = await asyncio.to_thread(deaf.some, len(expected))
            assert [message["position"] for message in messages] == expected
            assert 0 < deaf.deflated < len(expected)  # live ones, and then the ring's

    async def test_too_far_behind_it_is_told_how_much_it_will_never_get(self, start: Start) -> None:
        async with (
            start(limit_scale=LIFTED, ring_publications=50) as gateway,
            gateway.client("device") as device,
        ):
            with await asyncio.to_thread(Deaf, gateway) as deaf:
                published = await publish(device, BEYOND_BUFFERS, sensors=3)
                alerts = [f"alert {number}" for number in range(10)]
                for alert in alerts:
                    await alarm(gateway, alert)
                published += await publish(device, 200, sensors=3)
                await alarm(gateway, "the end")
                messages = await asyncio.to_thread(deaf.up_to, is_alarm("the end"))
        kinds = [message["type"] for message in messages]
        cut = kinds.index("lagged")
        assert kinds.count("lagged") == 1
        got = [message["position"] for message in messages[:cut]]
        assert got == published[: len(got)]
        measured = [each for each in messages[cut:] if each["type"] == "measurement"]
        assert [each["position"] for each in measured] == published[-3:]
        told = [each["alert_id"] for each in messages[cut:] if each["type"] == "alert"]
        assert told == [*alerts, "the end"]
        assert messages[cut]["dropped"] == len(published) - len(got) - len(measured)


class TestHopeless:
    async def test_it_is_closed_with_4409_and_cut_if_it_goes_on_not_reading(
        self, tmp_path: Path
    ) -> None:
        async with AsyncExitStack() as stack:
            gateway = await stack.enter_async_context(separate(tmp_path, SLOW_TIMEOUT="5"))
            late, never = await asyncio.to_thread(stack.enter_context, crowd(gateway, 2))
            device = await stack.enter_async_context(gateway.client("device"))
            expected = await publish(device, BEYOND_BUFFERS)
            await until(lambda: counted(gateway, 'subscriptions{topic="all"} 0.0'), within=20)
            got, close = await asyncio.to_thread(rest, late)
            assert close == (4409, "messages were not read")
            assert got == expected[: len(got)]
            closed = 'connections_closed_total{code="too_slow"} 2.0'
            await until(lambda: counted(gateway, closed), within=CLOSE_GRACE + 5)
            got, close = await asyncio.to_thread(rest, never)
            assert close is None
            assert got == expected[: len(got)]


class TestTheEnd:
    async def test_sigterm_with_a_hundred_of_them_tells_the_living_1012_and_ends_in_time(
        self, apart: Separate
    ) -> None:
        async with AsyncExitStack() as stack:
            living = await stack.enter_async_context(apart.dashboard())
            await heard(living)
            await asyncio.to_thread(stack.enter_context, crowd(apart, 100))
            device = await stack.enter_async_context(apart.client("device"))
            reading = asyncio.create_task(positions(living, BEYOND_BUFFERS))
            assert await publish(device, BEYOND_BUFFERS) == await reading
            began = time.monotonic()
            ending = asyncio.create_task(apart.terminate(within=10))
            code, reason = await end_of(living)
            assert (code, reason.partition(",")[0]) == (1012, "the gateway restarts")
            assert time.monotonic() - began < 5
            assert await ending == 0


def rest(deaf: Deaf) -> tuple[list[str], tuple[int, str] | None]:
    """The positions of what is still to be read, and the close that ends it; None for a cut."""
    got: list[str] = []
    try:
        while True:
            got.append(deaf.next()["position"])
    except (ConnectionError, AssertionError):
        return got, deaf.close


async def counted(gateway: Running, line: str) -> bool:
    async with gateway.client() as client:
        return f"iaqverse_{line}\n" in (await client.get("/metrics")).text

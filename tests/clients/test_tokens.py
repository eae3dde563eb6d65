"""A token that is not taken says nothing about what was measured: it is kept until one is."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

import pytest
from iaqverse import Device, Publisher, TokenRefusedError

from tests.conftest import Running
from tests.edge.wire import PLACE

VALUES = {"CO2": 645}
MODULE = PLACE | {"module_id": "w1", "kind": "window", "state": "open"}
WRONG = "no.such.token"


def giving(*tokens: str | None) -> Callable[[], Awaitable[str]]:
    """One after another, and the last one again; None: not now."""
    left = list(tokens)

    async def give() -> str:
        token = left.pop(0) if len(left) > 1 else left[0]
        if token is None:
            raise OSError("the identity provider does not answer")
        return token

    return give


def measure(device: Device, count: int) -> None:
    for number in range(count):
        device.measure("s1", "Maison", "Bureau", VALUES, at=1_763_546_700 + number)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to act, so nothing is waited for."""
    monkeypatch.setattr("iaqverse.link._TOKEN_PAUSE", 0.05)


@pytest.mark.parametrize("count", [1, 150])
@pytest.mark.parametrize(("role", "code"), [("nobody", "unauthenticated"), ("admin", "forbidden")])
async def test_what_was_measured_is_kept_and_the_caller_is_told(
    gateway: Running, role: str, code: str, count: int
) -> None:
    token = WRONG if role == "nobody" else gateway.token(role)
    device = Device(gateway.url, token)
    measure(device, count)
    with pytest.raises(TokenRefusedError) as told:
        await used(device)
    assert told.value.code == code
    assert (device.waiting, device.tally.answered) == (count, 0)


async def used(sender: Device | Publisher) -> None:
    async with sender:
        pass


async def test_who_waits_for_the_answers_is_told_each_time(gateway: Running) -> None:
    device = Device(gateway.url, WRONG)
    async with AsyncExitStack() as ending:
        ending.enter_context(pytest.raises(TokenRefusedError))
        await ending.enter_async_context(device)
        for number in range(2):
            measure(device, 1)
            with pytest.raises(TokenRefusedError):
                await device.flushed()
            assert device.waiting == number + 1


async def test_another_error_is_not_hidden_by_it(gateway: Running) -> None:
    async def failing() -> None:
        async with Device(gateway.url, WRONG) as device:
            measure(device, 1)
            raise KeyError

    with pytest.raises(KeyError):
        await failing()


async def test_a_token_that_ends_is_replaced_and_nobody_notices(gateway: Running) -> None:
    short, long = gateway.token("device", ttl=2), gateway.token("device")
    async with Device(gateway.url, giving(short, long)) as device:
        measure(device, 1)
        await device.flushed()
        await ended(gateway, short)
        measure(device, 150)
        await device.flushed()
    assert (device.tally.stored, device.tally.duplicate) == (150, 1)


async def ended(gateway: Running, token: str) -> None:
    async with asyncio.timeout(20), gateway.client() as client:
        headers = {"Authorization": f"Bearer {token}"}
        while (await client.post("/api/ingest", headers=headers)).status_code != 401:  # noqa: ASYNC110  (the gateway's clock)
            await asyncio.sleep(0.1)


@pytest.mark.usefixtures("impatient")
async def test_it_is_asked_again_until_one_is_taken(gateway: Running) -> None:
    tokens = giving(WRONG, None, WRONG, WRONG, gateway.token("device"))
    async with Device(gateway.url, tokens) as device:
        measure(device, 150)
        with pytest.raises(TokenRefusedError):
            await device.flushed()
        async with asyncio.timeout(20):
            while device.waiting:  # noqa: ASYNC110  (what the gateway answers)
                await asyncio.sleep(0.01)
        await device.flushed()
    assert device.tally.stored == 150


async def test_publications_are_kept_as_well(gateway: Running) -> None:
    publisher = Publisher(gateway.url, WRONG)
    publisher.publish("modules", MODULE)
    with pytest.raises(TokenRefusedError):
        await used(publisher)
    assert (publisher.waiting, publisher.tally.refused.total()) == (1, 0)


async def test_a_publication_that_the_token_does_not_reach_holds_up_no_other(
    gateway: Running,
) -> None:
    token = gateway.token("service", topics=["modules"])
    async with Publisher(gateway.url, token) as publisher:
        publisher.publish("actions", PLACE | {"action": "open the window"})
        publisher.publish("modules", MODULE)
    assert (publisher.tally.published, publisher.tally.refused) == (1, {"forbidden": 1})

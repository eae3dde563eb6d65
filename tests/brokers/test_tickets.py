"""Tickets in Redis: what `tests/auth/test_tickets.py` says of any, and that others redeem them."""

import time
from collections.abc import AsyncIterator

import pytest

from app.brokers.connection import RedisLink
from app.brokers.tickets import RedisTickets
from app.errors import UnavailableError
from auth.errors import TokenRefusedError
from auth.principal import Principal, Role
from auth.tickets import FullError
from tests.brokers.conftest import linked
from tests.redis_server import RedisServer

ORIGIN = "https://iaq.example"
pytestmark = pytest.mark.usefixtures("patient")


def principal(expires_in: float = 600) -> Principal:
    now = int(time.time())
    return Principal(
        "someone", "acme", Role.DASHBOARD, "jti", now - 1, now + int(expires_in),
        topics=("alerts",), sensors=frozenset({"co2-1"}),
    )  # fmt: skip


@pytest.fixture
async def link(redis: RedisServer) -> AsyncIterator[RedisLink]:
    async with linked(redis.url) as link:
        yield link


def tickets(link: RedisLink, capacity: int = 10) -> RedisTickets:
    return RedisTickets(link, capacity=capacity)


async def refused(tickets: RedisTickets, ticket: str, origin: str | None, now: float) -> None:
    with pytest.raises(TokenRefusedError) as error:
        await tickets.redeem(ticket, origin, now)
    assert error.value.reason == "ticket"


async def test_another_gateway_redeems_it_once_for_all(link: RedisLink) -> None:
    here, there, now = tickets(link), tickets(link), time.time()
    whose = principal()
    ticket = await here.issue(whose, ORIGIN, now)
    assert await there.redeem(ticket, ORIGIN, now + 29) == whose
    await refused(here, ticket, ORIGIN, now)
    await refused(there, ticket, ORIGIN, now)


async def test_from_another_origin_it_is_refused_and_used_up(link: RedisLink) -> None:
    here, now = tickets(link), time.time()
    ticket = await here.issue(principal(), ORIGIN, now)
    await refused(here, ticket, "https://evil.example", now)
    await refused(here, ticket, ORIGIN, now)


async def test_it_ends_with_its_life_and_its_token(link: RedisLink) -> None:
    here, now = tickets(link), time.time()
    await refused(here, await here.issue(principal(), ORIGIN, now), ORIGIN, now + 30)
    soon = principal(10)
    await refused(here, await here.issue(soon, ORIGIN, now), ORIGIN, soon.expires_at)


async def test_what_was_never_issued_is_refused(link: RedisLink) -> None:
    for ticket in ("", "x", "\ud800", "é" * 10_000):
        await refused(tickets(link), ticket, None, time.time())


async def test_nothing_that_is_held_is_a_ticket(link: RedisLink) -> None:
    here = tickets(link)
    ticket = await here.issue(principal(), ORIGIN, time.time())
    keys = await link.ask(lambda client: client.keys("*"))
    values = await link.ask(lambda client: client.mget(keys))
    assert not any(ticket.encode() in held for held in (*keys, *filter(None, values)))


async def test_full_it_issues_none_until_the_first_have_ended(link: RedisLink) -> None:
    here, now = tickets(link, capacity=1), time.time()
    await here.issue(principal(), None, now)
    with pytest.raises(FullError):
        await here.issue(principal(), None, now + 29)
    await here.issue(principal(), None, now + 30)
    assert (here.issued, here.refused) == (2, 1)


async def test_while_the_server_is_gone_none_is_issued_and_none_taken(
    link: RedisLink, redis: RedisServer
) -> None:
    here, now = tickets(link), time.time()
    ticket = await here.issue(principal(), ORIGIN, now)
    redis.stop()
    try:
        with pytest.raises(UnavailableError):
            await here.redeem(ticket, ORIGIN, now)
        with pytest.raises(UnavailableError):
            await here.issue(principal(), ORIGIN, now)
    finally:
        redis.start()
        redis.wait()
        await link.wait()

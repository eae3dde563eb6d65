"""Single-use tickets, as whoever keeps them has to: one clock, no secret held."""

import pytest

from auth.errors import TokenRefusedError
from auth.principal import Principal, Role
from auth.tickets import LIFE, FullError, MemoryTickets

ORIGIN = "https://iaq.example"


def principal(expires_at: int = 1_000) -> Principal:
    return Principal("someone", "acme", Role.DASHBOARD, "jti", 1, expires_at)


@pytest.fixture
def tickets() -> MemoryTickets:
    return MemoryTickets(capacity=2)


async def assert_refused(
    tickets: MemoryTickets, ticket: str, now: float, origin: str | None = ORIGIN
) -> None:
    with pytest.raises(TokenRefusedError) as refused:
        await tickets.redeem(ticket, origin, now)
    assert refused.value.reason == "ticket"


async def test_a_ticket_is_good_once_for_who_asked(tickets: MemoryTickets) -> None:
    ticket = await tickets.issue(principal(), ORIGIN, 0)
    assert await tickets.redeem(ticket, ORIGIN, LIFE - 0.1) == principal()
    await assert_refused(tickets, ticket, 1)


async def test_it_ends_with_its_life(tickets: MemoryTickets) -> None:
    await assert_refused(tickets, await tickets.issue(principal(), ORIGIN, 0), LIFE)


async def test_it_ends_with_its_token(tickets: MemoryTickets) -> None:
    await assert_refused(tickets, await tickets.issue(principal(10), ORIGIN, 0), 10)


@pytest.mark.parametrize(
    ("asked", "shown"), [(ORIGIN, "https://evil.example"), (ORIGIN, None), (None, ORIGIN)]
)
async def test_from_another_origin_it_is_refused_and_used_up(
    tickets: MemoryTickets, asked: str | None, shown: str | None
) -> None:
    ticket = await tickets.issue(principal(), asked, 0)
    await assert_refused(tickets, ticket, 1, shown)
    await assert_refused(tickets, ticket, 1, asked)


async def test_what_was_never_issued_is_refused(tickets: MemoryTickets) -> None:
    for ticket in ("", "x", "\ud800", "é" * 10_000):
        await assert_refused(tickets, ticket, 0)


async def test_full_it_issues_none_and_forgets_none_that_is_good(tickets: MemoryTickets) -> None:
    first = await tickets.issue(principal(), None, 0)
    await tickets.issue(principal(), None, 1)
    with pytest.raises(FullError):
        await tickets.issue(principal(), None, 2)
    assert (tickets.refused, tickets.issued, len(tickets)) == (1, 2, 2)
    assert await tickets.redeem(first, None, 2) == principal()


async def test_those_that_ended_make_room(tickets: MemoryTickets) -> None:
    for _ in range(2):
        await tickets.issue(principal(), None, 0)
    await tickets.issue(principal(), None, LIFE)
    assert len(tickets) == 1


async def test_no_two_are_alike_and_none_is_held_as_it_is(tickets: MemoryTickets) -> None:
    one, two = [await tickets.issue(principal(), None, 0) for _ in range(2)]
    assert one != two
    assert min(len(one), len(two)) >= 43
    assert one not in repr(vars(tickets))

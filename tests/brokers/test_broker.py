"""The contract of `app.brokers.base.Broker`: both pass it, at one gateway and between two."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

import pytest

from app.brokers.base import Broker
from app.brokers.memory import MemoryBroker
from app.model import Publication
from tests.brokers.conftest import PECULIAR, Reader, publications, redis_broker, until

pytestmark = pytest.mark.usefixtures("patient")


class Ends(NamedTuple):
    """Of one broker: where it is published, and where it is received."""

    here: Broker
    there: Broker


@asynccontextmanager
async def opened(name: str, request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    if name == "memory":
        yield MemoryBroker()
    else:
        async with redis_broker(request.getfixturevalue(name)) as broker:
            yield broker


@pytest.fixture(params=["memory", "redis_7", "valkey_9"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    async with opened(request.param, request) as broker:
        yield broker


@pytest.fixture(params=["memory", "redis_7", "valkey_9", "two redis_7", "two valkey_9"])
async def ends(request: pytest.FixtureRequest) -> AsyncIterator[Ends]:
    *two, name = request.param.split()
    async with opened(name, request) as here:
        if two:
            async with opened(name, request) as there:
                yield Ends(here, there)
        else:
            yield Ends(here, here)


async def test_what_is_published_here_is_received_here_before_it_returns(broker: Broker) -> None:
    reader, sent = Reader(), publications(3)
    await broker.follow("acme", reader)
    broker.publish(sent)
    assert reader.received == sent
    assert broker.up


async def test_a_commit_of_several_tenants_comes_to_each_ones_followers_in_order(
    ends: Ends,
) -> None:
    acme, beta = Reader(), Reader()
    await ends.there.follow("acme", acme)
    await ends.there.follow("beta", beta)
    mixed = [*publications(1), *publications(2, "beta"), *publications(2, first=2)]
    ends.here.publish(mixed)
    assert await acme.has(3) == [*mixed[:1], *mixed[3:]]
    assert await beta.has(2) == mixed[1:3]


async def test_commits_come_once_and_in_their_order(ends: Ends) -> None:
    reader = Reader()
    await ends.there.follow("acme", reader)
    for first in range(1, 100, 2):
        ends.here.publish(publications(2, first=first))
    await reader.has(100)
    assert reader.sequences() == list(range(1, 101))


async def test_what_nobody_follows_is_received_by_nobody(ends: Ends) -> None:
    """What comes after it has come: nothing is on its way any more."""
    reader, last = Reader(), Reader()
    await ends.there.follow("last", last)
    await ends.there.follow("acme", reader)
    ends.there.forget("acme")
    ends.there.forget("acme")
    ends.here.publish([*publications(1), *publications(1, "beta"), *publications(1, "last")])
    await last.has(1)
    assert reader.received == []


async def test_what_was_published_before_it_was_followed_is_not_received(ends: Ends) -> None:
    reader = Reader()
    ends.here.publish(publications(1))
    await until(lambda: ends.here.sent == ends.here.shared)
    await ends.there.follow("acme", reader)
    ends.here.publish(publications(1, first=2))
    await reader.has(1)
    assert reader.sequences() == [2]


@pytest.mark.parametrize("publication", PECULIAR, ids=["backlog", "placeless", "large"])
async def test_nothing_of_a_publication_changes(ends: Ends, publication: Publication) -> None:
    reader = Reader()
    await ends.there.follow(publication.tenant, reader)
    ends.here.publish([publication])
    assert await reader.has(1) == [publication]

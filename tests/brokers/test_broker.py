"""The contract of `app.brokers.base.Broker`: both of them pass it."""

from collections.abc import AsyncIterator

import pytest

from app.brokers.base import Broker
from app.brokers.memory import MemoryBroker
from app.model import Publication
from tests.brokers.conftest import PECULIAR, Reader, publications, redis_broker


@pytest.fixture(params=["memory", "redis_7", "valkey_9"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    if request.param == "memory":
        yield MemoryBroker()
    else:
        async with redis_broker(request.getfixturevalue(request.param)) as broker:
            yield broker


async def test_what_is_published_here_is_received_here_before_it_returns(broker: Broker) -> None:
    reader, sent = Reader(), publications(3)
    await broker.follow("acme", reader)
    broker.publish(sent)
    assert reader.received == sent
    assert broker.up


async def test_a_commit_of_several_tenants_comes_to_each_ones_followers_in_order(
    broker: Broker,
) -> None:
    acme, beta = Reader(), Reader()
    await broker.follow("acme", acme)
    await broker.follow("beta", beta)
    mixed = [*publications(1), *publications(2, "beta"), *publications(2, first=2)]
    broker.publish(mixed)
    assert (acme.received, beta.received) == ([*mixed[:1], *mixed[3:]], mixed[1:3])


async def test_what_nobody_follows_is_received_by_nobody(broker: Broker) -> None:
    reader = Reader()
    await broker.follow("acme", reader)
    broker.publish(publications(1, "beta"))
    broker.forget("acme")
    broker.forget("acme")
    broker.publish(publications(1))
    assert reader.received == []
    await broker.follow("acme", reader)
    broker.publish(publications(1, first=2))
    assert reader.sequences() == [2]


@pytest.mark.parametrize("publication", PECULIAR, ids=["backlog", "placeless", "large"])
async def test_nothing_of_a_publication_changes(broker: Broker, publication: Publication) -> None:
    reader = Reader()
    await broker.follow(publication.tenant, reader)
    broker.publish([publication])
    assert reader.received == [publication]

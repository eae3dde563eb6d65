"""From broker and store to the hub: what opens a channel, what fills it, what closes it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from msgspec import structs

from app.brokers.memory import MemoryBroker
from app.domain import dispatch as dispatch_module
from app.domain.channel import Bounds
from app.domain.dispatch import UNUSED, Dispatch
from app.domain.hub import Hub
from app.model import Position, Publication, RoutingKey, Topic
from app.protocol.topics import Grant, Selection, parse_filters
from app.storage.base import Draft
from app.storage.sqlite.store import SqliteStore
from app.traces import Untraced
from tests.domain.conftest import until

EVERYTHING = Selection(parse_filters(["all"]), Grant())
KEY = RoutingKey(Topic.ALERTS, "Maison", "Bureau")


class SilentBroker(MemoryBroker):
    """Keeps what is published, until it is told to carry it: as another gateway's message, late."""

    shared = True

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Publication] = []

    def publish(self, publications: Sequence[Publication]) -> None:
        self.held += publications

    def carry(self, *sequences: int) -> None:
        for sequence in sequences:
            super().publish([each for each in self.held if each.position.sequence == sequence])

    def hears(self, tenant: str) -> bool:
        return tenant in self._followed


@dataclass
class House:
    hub: Hub
    store: SqliteStore
    broker: SilentBroker
    dispatch: Dispatch
    replaced: list[str] = field(default_factory=list)
    now: float = 0

    async def keep(self, count: int) -> None:
        drafts = [Draft("acme", KEY, 1, 1, b'{"type":"alert"') for _ in range(count)]
        await self.store.append(drafts)

    @property
    def sequence(self) -> int:
        """How far the hub has come."""
        channel = self.hub.channel("acme")
        return -1 if channel is None else channel.position.sequence


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    hub, broker = Hub(Bounds(100, 100_000)), SilentBroker()
    store = SqliteStore(tmp_path / "gateway.db", broker.publish, capacity=100)

    def clock() -> float:
        return opened.now

    dispatch = Dispatch(hub, store, broker, traces=Untraced(), clock=clock)
    opened = House(hub, store, broker, dispatch)
    dispatch.replaced = opened.replaced.append
    yield opened
    await store.close()


async def test_a_channel_opens_where_the_order_stands_for_all_who_come_at_once(
    house: House,
) -> None:
    await house.keep(3)
    channels = await asyncio.gather(*(house.dispatch.channel("acme") for _ in range(5)))
    assert {id(each) for each in channels} == {id(house.hub.channel("acme"))}
    assert (house.sequence, channels[0].oldest) == (3, 1)


async def test_nothing_is_missed_between_the_question_and_the_answer(house: House) -> None:
    """The answer reaches who asked a turn of the loop after a commit may have passed it."""
    opening = asyncio.create_task(house.dispatch.channel("acme"))
    await asyncio.sleep(0)
    await house.keep(1)
    house.broker.carry(1)
    await opening
    await until(lambda: house.sequence == 1)


async def test_what_comes_late_is_waited_for_and_what_never_comes_is_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch_module, "HOLE", 0.01)
    await house.dispatch.channel("acme")
    await house.keep(4)
    house.broker.carry(2)
    assert house.sequence == 0
    house.broker.carry(1)
    assert (house.sequence, house.dispatch.filled) == (2, 0)
    house.broker.carry(4)
    await until(lambda: house.sequence == 4)
    assert house.dispatch.filled == 2


async def test_a_look_finds_what_nobody_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatch_module, "HOLE", 0)
    monkeypatch.setattr(dispatch_module, "CHUNK", 3)
    await house.dispatch.channel("acme")
    await house.keep(8)
    await house.dispatch.look()
    await until(lambda: house.sequence == 8)
    house.broker.carry(*range(1, 9))
    assert (house.sequence, house.dispatch.filled) == (8, 8)


async def test_a_channel_comes_as_far_as_the_store_when_it_is_asked_to(house: House) -> None:
    channel = await house.dispatch.channel("acme")
    await house.keep(2)
    assert channel.lags(structs.replace(channel.position, sequence=2))
    assert not channel.lags(Position("0" * 12, 2))
    await house.dispatch.refresh("acme")
    assert house.sequence == 2
    await house.dispatch.refresh("nobody")


@pytest.mark.parametrize(
    "changed", ["UPDATE tenants SET epoch = 'ba9876543210'", "DELETE FROM notices"]
)
async def test_an_order_that_was_put_back_begins_anew(house: House, changed: str) -> None:
    await house.keep(2)
    channel = await house.dispatch.channel("acme")
    await house.store.transact(lambda sql: sql.change(changed))
    await house.dispatch.look()
    assert house.replaced == ["acme"]
    assert not house.broker.hears("acme")
    house.store.writer._transactions._ledger.forget()  # type: ignore[attr-defined]  # a store's own
    anew = await house.dispatch.channel("acme")
    assert not anew.position.reaches(channel.position)


async def test_a_hole_that_another_order_does_not_fill_ends_with_that_order(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A database that was put back may have gone further meanwhile than this gateway had."""
    monkeypatch.setattr(dispatch_module, "HOLE", 0)
    await house.dispatch.channel("acme")
    await house.keep(3)
    await house.store.transact(lambda sql: sql.change("UPDATE tenants SET epoch = 'ffffffffffff'"))
    house.broker.carry(2)
    await until(lambda: house.replaced == ["acme"])
    assert house.dispatch.followed == 0


async def test_a_tenant_without_readers_is_forgotten_after_a_while(house: House) -> None:
    channel = await house.dispatch.channel("acme")
    house.now = UNUSED - 1
    house.dispatch.forget_unused()
    assert house.hub.channel("acme") is channel
    waiting = asyncio.ensure_future(channel.wait(EVERYTHING, 60))
    await asyncio.sleep(0)
    house.dispatch.forget_unused()  # somebody waits for it now
    waiting.cancel()
    await asyncio.wait([waiting])
    house.now = 2 * UNUSED - 2
    house.dispatch.forget_unused()
    assert house.dispatch.followed == 1
    house.now = 2 * UNUSED
    house.dispatch.forget_unused()
    assert (house.dispatch.followed, house.hub.channel("acme")) == (0, None)
    assert not house.broker.hears("acme")

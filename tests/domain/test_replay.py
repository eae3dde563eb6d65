"""What a connection is owed when it asks for what came after a position."""

import asyncio
import json
import random

import pytest

from app.model import RoutingKey, Topic
from app.storage.base import Draft, Kept, Reading
from tests.domain.conftest import Dashboard, House, Message, Open, alert, measured, until


async def append(house: House, *keys: RoutingKey, size: int = 0) -> list[str]:
    """Through the store, which tells the hub; the positions."""
    pad = "x" * size
    drafts = [
        Draft("acme", key, time_ms, 0, json.dumps({"pad": pad}).encode()[:-1], _reading(key, size))
        for key, time_ms in zip(keys, house.times, strict=False)
    ]
    outcomes = await house.store.append(drafts)
    return [str(each.publication.position) for each in outcomes if isinstance(each, Kept)]


def _reading(key: RoutingKey, size: int) -> Reading | None:
    """Quantities enough that the message they make is no shorter than `size`."""
    names = ["pad", *(f"pad{number}" for number in range(size // len('"pad":1,"pad":1,')))]
    return Reading(dict.fromkeys(names, 1), None) if key.topic is Topic.MEASUREMENTS else None


def positions(messages: list[Message]) -> list[str]:
    return [each["position"] for each in messages if "pad" in each]


async def begin(house: House) -> str:
    """The channel at the store's position, as the route opens it; the position."""
    position = await house.store.position("acme")
    house.hub.open("acme", position)
    return str(position)


async def caught_up(dashboard: Dashboard) -> None:
    await until(lambda: not dashboard.subscriber.missed_from)


@pytest.mark.parametrize("held", [1_000, 5])
async def test_it_gets_what_it_missed_and_then_what_is_live(open_house: Open, held: int) -> None:
    async with open_house(publications=held) as house:
        start = await begin(house)
        dashboard = await house.join("modules")
        published = await append(house, *[measured()] * 1_200)
        dashboard.send(type="subscribe", topics=["measurements"], after=start, id=1)
        received = await dashboard.messages()
        published += await append(house, measured())
        while dashboard.subscriber.missed_from:
            received += dashboard.arrived()
            await asyncio.sleep(0)
        received += await dashboard.messages()
        assert received[0] == {
            "type": "subscribed",
            "topics": ["measurements", "modules"],
            "id": 1,
            "position": start,
            "recovered": True,
        }
        assert positions(received) == published


async def test_what_was_sent_already_does_not_come_again(house: House) -> None:
    start = await begin(house)
    dashboard = await house.join("measurements")
    sent = await append(house, measured(), measured())
    before = await dashboard.messages()
    await append(house, alert())
    dashboard.send(type="subscribe", topics=["all"], after=start)
    received = await dashboard.messages()
    await caught_up(dashboard)
    received += await dashboard.messages()
    assert positions(before) == sent
    assert len(positions(received)) == 1


async def test_a_topic_that_was_left_and_taken_again_begins_anew(house: House) -> None:
    start = await begin(house)
    dashboard = await house.join("measurements", "alerts")
    sent = await append(house, measured())
    dashboard.send(type="unsubscribe", topics=["measurements"])
    sent += await append(house, measured())
    await dashboard.messages()
    dashboard.send(type="subscribe", topics=["measurements"], after=start)
    received = await dashboard.messages()
    await caught_up(dashboard)
    assert positions(received + await dashboard.messages()) == sent


@pytest.mark.parametrize("after", ["", "nonsense", "0123456789ab-1", "epoch-ffffff"])
async def test_a_position_that_is_not_of_this_order_is_told_and_nothing_is_replayed(
    house: House, after: str
) -> None:
    await begin(house)
    dashboard = await house.join("modules")
    await append(house, measured())
    dashboard.send(type="subscribe", topics=["measurements"], after=after)
    (answer,) = await dashboard.messages()
    assert answer["recovered"] is False
    assert answer["position"] == str(house.channel().position)


@pytest.mark.parametrize("seed", range(4))
async def test_however_it_reads_each_comes_once_in_order_or_is_counted_as_dropped(
    open_house: Open, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  (no secret)
    async with open_house(publications=20, frame_bytes=100_000) as house:
        start = await begin(house)
        await append(house, *[measured()] * 300, size=chance.choice([10, 2_000]))
        dashboard = await house.join("modules")
        dashboard.send(type="subscribe", topics=["measurements"], after=start)
        received = list[Message]()
        for _ in range(20):
            await append(house, *[measured()] * 5, size=chance.choice([10, 5_000]))
            received += dashboard.arrived(chance.choice([0, 10_000, 300_000]))
        while dashboard.subscriber.missed_from:
            received += dashboard.arrived()
            await asyncio.sleep(0)
        received += await dashboard.messages()
        sequences = [int(each.rpartition("-")[2], 16) for each in positions(received)]
        dropped = sum(each.get("dropped", 0) for each in received)
        assert sequences == sorted(set(sequences))
        assert sequences[:300] == list(range(1, 301))
        assert len(sequences) + dropped == 400


async def test_who_is_replayed_to_and_reads_is_not_too_slow(house: House) -> None:
    start = await begin(house)
    dashboard = await house.join("modules")
    await append(house, *[measured()] * 10)
    house.channel().ring.clear()  # the store has to be asked
    dashboard.subscriber.text_received(
        json.dumps({"type": "subscribe", "topics": ["measurements"], "after": start})
    )
    assert dashboard.subscriber.missed_from
    heard = dashboard.connection.last_heard
    dashboard.subscriber.tick(heard + 1)
    await caught_up(dashboard)
    dashboard.subscriber.tick(heard + 50)
    assert len(positions(await dashboard.messages())) == 10
    assert dashboard.close is None

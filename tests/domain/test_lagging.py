"""What is owed to one that fell too far behind goes out in pieces, and is counted to the last."""

import asyncio
import random

import pytest

from app.domain.hub import CATCH_UP_BYTES
from app.protocol.closes import CloseCode
from tests.domain.conftest import House, Message, Open, alert, in_flight, measured, numbers

SENSORS = [measured(f"s{number}") for number in range(400)]


async def fall_behind(house: House) -> list[int]:
    """The last of each sensor is 400 KB of what the ring has lost."""
    missed = house.publish(*SENSORS, size=1_000)
    return missed + house.publish(*[measured("filler")] * 20)


async def test_at_most_one_piece_of_a_digest_is_in_flight(open_house: Open) -> None:
    async with open_house(publications=10) as house:
        deaf = await house.join()
        got = await house.block(deaf)
        missed = await fall_behind(house)
        received = list[Message]()
        while deaf.subscriber.missed_from:
            received += deaf.arrived(10_000)
            await asyncio.sleep(0)
            assert in_flight(deaf) < 2 * CATCH_UP_BYTES + 10_000
        received += await deaf.messages()
        lagged = [message for message in received if message.get("type") == "lagged"]
        assert lagged == [{"type": "lagged", "dropped": 19}]
        assert numbers(received) == [*got, *missed[:400], missed[-1]]
        assert house.hub.lagged == 1


async def test_a_backlog_takes_no_sensors_latest_away_and_counts_as_dropped(
    open_house: Open,
) -> None:
    async with open_house(publications=10) as house:
        deaf = await house.join()
        got = await house.block(deaf)
        (latest,) = house.publish(measured("s1"))
        house.publish(*[measured("s1")] * 20, backlog=True)
        received = await deaf.messages()
        assert {"type": "lagged", "dropped": 20} in received
        assert numbers(received) == [*got, latest]


async def test_what_it_was_owed_when_it_was_closed_is_counted(open_house: Open) -> None:
    async with open_house() as house:
        deaf = await house.join("measurements")
        await house.block(deaf)
        house.publish(*SENSORS[:20], alert())
        deaf.subscriber.close(CloseCode.TOO_SLOW, "it does not read")
        assert house.hub.dropped == {"digest": 0, "closed": 20}


async def test_what_is_replaced_between_two_pieces_is_counted_too(open_house: Open) -> None:
    async with open_house(publications=10) as house:
        deaf = await house.join()
        published = await house.block(deaf)
        published += await fall_behind(house)
        received = list[Message]()
        while not deaf.subscriber.lagging:
            received += deaf.arrived(10_000)
            await asyncio.sleep(0)
        again = house.publish(*SENSORS, size=1_000)
        published += again
        received += await deaf.messages()
        sequences = numbers(received)
        assert sequences == sorted(set(sequences))
        assert sequences[-400:] == again
        dropped = [each["dropped"] for each in received if each.get("type") == "lagged"]
        assert len(dropped) == 2
        assert len(sequences) + sum(dropped) == len(published)
        assert house.hub.dropped["digest"] == sum(dropped)


async def test_what_the_ring_holds_of_what_was_counted_as_dropped_is_not_sent(
    open_house: Open,
) -> None:
    async with open_house(publications=450) as house:
        deaf = await house.join()
        published = await house.block(deaf)
        published += house.publish(*SENSORS[:300], size=1_000)
        published += house.publish(*SENSORS[300:], *[measured("s399")] * 100, alert(), size=1_000)
        received = await deaf.messages()
        sequences = numbers(received)
        (dropped,) = (each["dropped"] for each in received if each.get("type") == "lagged")
        assert len(sequences) + dropped == len(published)


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_happens_between_pieces_nothing_is_uncounted_or_sent_twice(
    open_house: Open, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  (no secret)
    async with open_house(publications=30, sensors=300) as house:
        dashboard = await house.join()
        published, received = list[int](), list[Message]()
        for _ in range(300):
            keys = chance.choices(SENSORS, k=chance.randrange(20))
            published += house.publish(*keys, size=chance.choice([10, 1_000, 3_000]))
            if chance.random() < 0.5:
                await asyncio.sleep(0)
            if chance.random() < 0.3:
                received += dashboard.arrived(chance.choice([5_000, 80_000]))
        received += await dashboard.messages()
        sequences = numbers(received)
        assert sequences == sorted(set(sequences))
        assert set(sequences) <= set(published)
        dropped = sum(each.get("dropped", 0) for each in received)
        assert len(sequences) + dropped == len(published)
        assert dropped == house.hub.dropped["digest"] > 0

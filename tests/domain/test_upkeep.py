"""The store's upkeep beside its senders: means made, the past let go of, sockets told."""

import asyncio

from msgspec import structs

from app.domain.upkeep import Upkeep
from app.storage.base import DAY_MS, Retention
from app.storage.records import tenants
from app.storage.sqlite.upkeep import PRUNED_AT_ONCE, ROLLED_AT_ONCE
from tests.domain.conftest import House, until
from tests.storage.conftest import draft

NOW = 1_763_546_700.0
LONG_AGO_MS = round(NOW * 1000) - 20 * DAY_MS
TEN_DAYS = Retention(raw_days=10)


def upkeep_of(house: House, retention: Retention = TEN_DAYS) -> Upkeep:
    return Upkeep(house.store, house.hub, retention, lambda: NOW)


async def fill(house: House, count: int) -> None:
    """Measurements of long ago."""
    sent = [draft(time_ms=LONG_AGO_MS + number, received_ms=LONG_AGO_MS) for number in range(count)]
    await house.store.append(sent)


async def test_all_that_is_new_becomes_part_of_the_means(house: House) -> None:
    upkeep = upkeep_of(house)
    await fill(house, 2 * ROLLED_AT_ONCE + 1)
    await upkeep.roll_up()
    assert upkeep.behind == 0
    assert await house.store.roll_up() == 0


async def test_all_that_is_past_goes_and_is_counted(house: House) -> None:
    upkeep = upkeep_of(house)
    await fill(house, 2 * PRUNED_AT_ONCE + 1)
    (today,) = [draft(time_ms=round(NOW * 1000), received_ms=round(NOW * 1000))]
    await house.store.append([today])
    await upkeep.roll_up()
    await upkeep.prune()
    assert await house.store.oldest("acme") == 2 * PRUNED_AT_ONCE + 2
    assert (upkeep.pruned, upkeep.since_ms) == (2 * PRUNED_AT_ONCE + 1, today.received_ms)


async def test_a_socket_that_asks_for_what_is_past_is_told_so(house: House) -> None:
    await fill(house, 3)
    dashboard = await house.join("alerts")
    position = structs.replace(house.channel().position, sequence=1)
    dashboard.send(type="subscribe", topics=["all"], after=str(position))
    assert (await dashboard.messages())[0]["recovered"] is True
    await until(lambda: dashboard.subscriber.replay is None)

    upkeep = upkeep_of(house)
    await upkeep.roll_up()
    await upkeep.prune()
    late = await house.join("alerts")
    late.send(type="subscribe", topics=["all"], after=str(position))
    (answer,) = await late.messages()
    assert answer["recovered"] is False


async def test_senders_are_kept_between_two_parts(house: House) -> None:
    upkeep = upkeep_of(house)
    await fill(house, 5 * ROLLED_AT_ONCE)
    for work in (upkeep.roll_up, upkeep.prune):
        working = asyncio.create_task(work())
        await asyncio.sleep(0)
        for _ in range(3):
            await house.store.append([draft()])
            assert not working.done()
        await working


async def test_a_tenants_own_retention_is_taken_over_while_it_runs(house: House) -> None:
    upkeep = upkeep_of(house, Retention())
    await fill(house, 2)
    await upkeep.roll_up()
    await upkeep.prune()
    assert upkeep.pruned == 0
    await house.store.transact(lambda sql: tenants.retain(sql, "acme", 10, None, None))
    await upkeep.prune()
    assert await house.store.oldest("acme") == 3

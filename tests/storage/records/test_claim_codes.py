import asyncio
from dataclasses import replace

import pytest

from app.storage.base import Store
from app.storage.records import claim_codes, devices, tenants
from app.storage.records.claim_codes import Claim
from app.storage.records.devices import Device

HUB = Device("acme", "hub", ("s1",), 1)
CLAIM = Claim("acme", "hub", 60)


@pytest.fixture
async def kept(store: Store) -> Store:
    """A code with the digest `right`, made at 100 and good until 200."""
    await store.transact(lambda sql: tenants.add(sql, "acme", 1))
    await store.transact(lambda sql: devices.add(sql, HUB))
    await put(store, "right", 100)
    return store


async def put(store: Store, digest: str, now: int) -> None:
    await store.transact(lambda sql: claim_codes.put(sql, CLAIM, digest, now, now + 100))


async def take(store: Store, digest: str = "right", now: int = 199) -> Claim | None:
    return await store.transact(lambda sql: claim_codes.take(sql, digest, now))


async def test_it_is_good_once(kept: Store) -> None:
    assert [await take(kept), await take(kept)] == [CLAIM, None]


async def test_of_many_who_bring_it_at_once_one_gets_it(kept: Store) -> None:
    taken = await asyncio.gather(*(take(kept) for _ in range(20)))
    assert [each for each in taken if each is not None] == [CLAIM]


async def test_a_wrong_one_and_one_that_is_past_give_nothing(kept: Store) -> None:
    assert await take(kept, "wrong") is None
    assert await take(kept, now=200) is None
    assert await take(kept) == CLAIM


async def test_a_new_one_takes_the_place_of_the_former(kept: Store) -> None:
    await put(kept, "newer", 150)
    assert [await take(kept), await take(kept, "newer")] == [None, CLAIM]


async def test_it_can_be_withdrawn(kept: Store) -> None:
    await kept.transact(lambda sql: claim_codes.withdraw(sql, "acme", "hub"))
    assert await take(kept) is None


async def test_while_its_device_or_its_tenant_is_disabled_it_gives_nothing(kept: Store) -> None:
    await kept.transact(lambda sql: devices.change(sql, replace(HUB, disabled=True)))
    assert await take(kept) is None
    await kept.transact(lambda sql: devices.change(sql, HUB))
    await kept.transact(lambda sql: tenants.disable(sql, "acme", disabled=True))
    assert await take(kept) is None
    await kept.transact(lambda sql: tenants.disable(sql, "acme", disabled=False))
    assert await take(kept) == CLAIM

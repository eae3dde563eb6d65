import asyncio
from functools import partial

import pytest

from app.storage.base import Store
from app.storage.records import deliveries
from app.storage.records.deliveries import Delivery

DUE = 1_000


def delivery(name: str, tenant: str = "acme", due_ms: int = DUE) -> Delivery:
    return Delivery(name, tenant, "{}", "{}", 0, due_ms)


async def add(store: Store, *added: Delivery) -> list[bool]:
    return [await store.transact(partial(deliveries.add, delivery=each)) for each in added]


async def take(store: Store, now_ms: int = DUE, until_ms: int = 2_000) -> list[str]:
    taken = await store.transact(
        lambda sql: deliveries.take(sql, now_ms, until_ms, limit=3, of_one=2)
    )
    assert {each.due_ms for each in taken} <= {until_ms}
    return [each.id for each in taken]


async def test_what_is_due_is_taken_by_one_the_oldest_first_and_a_few_of_a_tenant(
    store: Store,
) -> None:
    await add(store, *(delivery(f"a{number}", due_ms=number) for number in range(3)))
    await add(store, delivery("b", "other", 10), delivery("c", "third", 11))
    await add(store, delivery("later", "fourth", DUE + 1))
    assert await take(store) == ["a0", "a1", "b"]
    assert await take(store) == ["a2", "c"]
    assert await take(store) == []
    assert sorted(await take(store, 2_000, 3_000)) == ["a0", "a1", "later"]


async def test_two_who_ask_at_once_get_it_once(store: Store) -> None:
    await add(store, delivery("a"))
    taken = await asyncio.gather(*(take(store) for _ in range(4)))
    assert sorted(taken) == [[], [], [], ["a"]]


async def test_tries_are_counted_and_what_is_done_is_gone(store: Store) -> None:
    await add(store, delivery("a"))
    (taken,) = await store.transact(lambda sql: deliveries.take(sql, DUE, 2_000, 1, 1))
    assert await store.transact(lambda sql: deliveries.put_off(sql, taken, 5_000, tries=1))
    assert not await store.transact(lambda sql: deliveries.put_off(sql, taken, 6_000, tries=1))
    (again,) = await store.transact(lambda sql: deliveries.take(sql, 5_000, 9_000, 1, 1))
    assert again.tries == 1
    await store.transact(partial(deliveries.remove, delivery_id="a"))
    assert await take(store, 9_000) == []


async def test_a_tenant_has_so_many_waiting_and_no_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "MOST_WAITING", 1)
    assert await add(store, delivery("a"), delivery("b"), delivery("c", "other")) == [
        True,
        False,
        True,
    ]

import asyncio
from dataclasses import replace
from functools import partial

import pytest

from app.errors import ConflictError, PreconditionFailedError
from app.storage.base import Store
from app.storage.records import documents
from app.storage.records.documents import Document, Kind

PLAN = Document("acme", Kind.PLAN, "Maison", 1, '{"rooms":[]}', 1_000, "marie")


async def put(store: Store, document: Document, expected: int | None = None) -> int | None:
    return await store.transact(partial(documents.put, document=document, expected=expected))


async def found(store: Store, tenant: str = "acme") -> list[Document]:
    return await store.consult(lambda sql: documents.of_kind(sql, Kind.PLAN, tenant))


async def test_each_change_is_the_next_version(store: Store) -> None:
    assert await put(store, PLAN) == 1
    assert await found(store) == [PLAN]
    changed = replace(PLAN, body='{"rooms":[1]}', changed_ms=2_000, changed_by="paul")
    assert await put(store, changed) == 2
    assert await found(store) == [replace(changed, version=2)]
    assert await store.consult(
        lambda sql: documents.find(sql, "acme", Kind.PLAN, "Maison")
    ) == replace(changed, version=2)


async def test_of_two_who_changed_the_same_version_one_is_told(store: Store) -> None:
    await put(store, PLAN, expected=0)
    await put(store, replace(PLAN, body="[1]"), expected=1)
    for late in (0, 1, 3):
        with pytest.raises(PreconditionFailedError):
            await put(store, replace(PLAN, body="[2]"), expected=late)
    (kept,) = await found(store)
    assert (kept.version, kept.body) == (2, "[1]")


async def test_of_many_at_once_one_is_kept(store: Store) -> None:
    tries = [put(store, replace(PLAN, changed_by=f"p{n}"), expected=0) for n in range(10)]
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert [each for each in outcomes if not isinstance(each, PreconditionFailedError)] == [1]


async def test_a_version_does_not_come_again_after_it_was_taken_away(store: Store) -> None:
    await put(store, PLAN)
    await put(store, replace(PLAN, body=""), expected=1)
    assert await found(store) == []
    assert await store.consult(lambda sql: documents.find(sql, "acme", Kind.PLAN, "Maison")) is None
    assert await put(store, PLAN, expected=0) == 3


async def test_what_is_not_there_is_taken_away_without_a_trace(store: Store) -> None:
    assert await put(store, replace(PLAN, body="")) is None
    with pytest.raises(PreconditionFailedError):
        await put(store, replace(PLAN, body=""), expected=1)
    assert await put(store, PLAN) == 1


async def test_what_was_taken_away_is_remembered_for_the_newest(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MOST_OF_A_KIND", 2)
    for number, name in enumerate("abc"):
        await put(store, replace(PLAN, name=name))
        await put(store, replace(PLAN, name=name, body="", changed_ms=number))
    assert [await put(store, replace(PLAN, name=name)) for name in "ab"] == [1, 3]


async def test_tenants_and_kinds_are_apart(store: Store) -> None:
    others = (replace(PLAN, tenant="other"), replace(PLAN, kind=Kind.RULES, name=""))
    for each in (*others, PLAN):
        await put(store, each)
    assert await found(store) == [PLAN]
    everybody = await store.consult(lambda sql: documents.of_kind(sql, Kind.PLAN))
    assert everybody == [PLAN, others[0]]


async def test_a_tenant_has_so_many_of_a_kind_and_no_more(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "MOST_OF_A_KIND", 2)
    for name in ("a", "b"):
        await put(store, replace(PLAN, name=name))
    with pytest.raises(ConflictError):
        await put(store, replace(PLAN, name="c"))
    assert await put(store, replace(PLAN, name="b")) == 2
    assert await put(store, replace(PLAN, tenant="other")) == 1

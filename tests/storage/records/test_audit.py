from dataclasses import replace
from functools import partial

import pytest

from app.storage.base import Store
from app.storage.records import audit
from app.storage.records.audit import Act, Entry

ENTRY = Entry("acme", 1_000, Act.SIGNED_IN, "marie", "marie", "192.0.2.1")


@pytest.fixture
async def kept(store: Store) -> Store:
    """Ten lines, one of them another tenant's."""
    for number in range(10):
        entry = replace(ENTRY, at_ms=1_000 + number, tenant="other" if number == 5 else "acme")
        await store.transact(partial(audit.write, entry=entry))
    return store


async def page(
    store: Store, tenant: str | None, before: str | None = None, limit: int = 4
) -> audit.Page:
    return await store.consult(lambda sql: audit.page(sql, tenant, before, limit))


async def test_pages_hold_every_line_once_the_newest_first(kept: Store) -> None:
    times: list[int] = []
    before = None
    for _ in range(3):
        found = await page(kept, None, before)
        times += [entry.at_ms for entry in found.entries]
        before = found.before
    assert times == list(range(1_009, 999, -1))
    assert before is None


async def test_a_tenant_sees_its_own_lines_alone(kept: Store) -> None:
    mine, theirs = await page(kept, "acme", limit=100), await page(kept, "other", limit=100)
    assert (len(mine.entries), mine.before) == (9, None)
    assert theirs.entries == [replace(ENTRY, tenant="other", at_ms=1_005)]
    assert (await page(kept, "third")).entries == []


async def test_one_act_alone_of_one_tenant_or_of_all(kept: Store) -> None:
    rare = replace(ENTRY, at_ms=1_002, act=Act.USER_ADDED)
    theirs = replace(rare, at_ms=1_003, tenant="other")
    for entry in (rare, theirs):
        await kept.transact(partial(audit.write, entry=entry))

    async def of(tenant: str | None) -> list[Entry]:
        page = await kept.consult(
            lambda sql: audit.page(sql, tenant, None, 100, act=Act.USER_ADDED)
        )
        return page.entries

    assert await of(None) == [theirs, rare]
    assert await of("acme") == [rare]


async def test_what_is_older_is_let_go_of(kept: Store) -> None:
    assert await kept.transact(lambda sql: audit.prune(sql, 1_007)) == 7
    found = await page(kept, None)
    assert [entry.at_ms for entry in found.entries] == [1_009, 1_008, 1_007]

"""Accounts and their sign-ins."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

import pytest

from app.errors import ConflictError, NotFoundError
from app.storage.base import Store
from app.storage.records import sessions, tenants, users
from app.storage.records.denied import shut_out
from app.storage.records.sessions import SESSIONS_PER_USER
from app.storage.records.users import ADDRESSES_REMEMBERED, User
from auth.login import Login
from auth.principal import Role
from auth.refresh import Family
from auth.revocation import DISABLED, Holder, Kind

MARIE = User(Login("acme", "marie"), Role.DASHBOARD, ("measurements",), ("s1",), "hash", 1)
PERSON = Holder("acme", Kind.PERSON, "marie")
FAMILY = Family("digest", None, rotated_at=10, idle_at=20, ends_at=30)
NOW = 1_000_000


@pytest.fixture
async def kept(store: Store) -> Store:
    """A store with two tenants and Marie."""
    for tenant in ("acme", "other"):
        await store.transact(partial(tenants.add, name=tenant, now_ms=1))
    await store.transact(lambda sql: users.add(sql, MARIE))
    return store


async def find(store: Store, login: Login = MARIE.login) -> User | None:
    return await store.consult(lambda sql: users.find(sql, login))


async def begin(store: Store, name: str, family: Family = FAMILY) -> None:
    await store.transact(lambda sql: sessions.begin(sql, MARIE.login, name, family))


async def session(store: Store, name: str) -> tuple[Login, Family] | None:
    return await store.consult(lambda sql: sessions.find(sql, name))


async def people(store: Store, now: float = NOW) -> Mapping[Holder, int]:
    return (await store.consult(lambda sql: shut_out(sql, now))).holders


async def test_a_user_comes_back_as_it_was_added(kept: Store) -> None:
    assert await find(kept) == MARIE
    assert await kept.consult(lambda sql: users.listed(sql, "acme")) == [MARIE]
    assert await kept.consult(lambda sql: users.listed(sql, "other")) == []


async def test_a_name_is_one_persons_in_its_tenant_and_free_in_another(kept: Store) -> None:
    with pytest.raises(ConflictError):
        await kept.transact(lambda sql: users.add(sql, MARIE))
    other = replace(MARIE, login=Login("other", "marie"))
    await kept.transact(lambda sql: users.add(sql, other))
    assert await find(kept, other.login) == other


async def test_a_user_needs_a_tenant_but_for_the_platforms(kept: Store) -> None:
    with pytest.raises(NotFoundError):
        await kept.transact(lambda sql: users.add(sql, replace(MARIE, login=Login("no", "x"))))
    ops = replace(MARIE, login=Login("*", "ops"), role=Role.ADMIN)
    await kept.transact(lambda sql: users.add(sql, ops))
    assert await find(kept, ops.login) == ops


async def test_nobody_is_found_in_a_disabled_tenant(kept: Store) -> None:
    await kept.transact(lambda sql: tenants.disable(sql, "acme", disabled=True))
    assert await find(kept) is None


async def test_a_new_password_ends_what_the_former_one_began(kept: Store) -> None:
    await begin(kept, "phone")
    await kept.transact(lambda sql: users.set_password(sql, MARIE.login, "new", NOW))
    changed = await find(kept)
    assert changed is not None
    assert (changed.password, changed.valid_from) == ("new", NOW + 1)
    assert await session(kept, "phone") is None
    assert await people(kept) == {PERSON: NOW + 1}


async def test_what_was_issued_before_is_forgotten_once_it_has_ended(kept: Store) -> None:
    await kept.transact(lambda sql: users.set_password(sql, MARIE.login, "new", NOW))
    assert await people(kept, NOW + 13 * 3_600) == {}


async def test_a_disabled_user_is_shut_out_until_enabled_and_then_signs_in_anew(
    kept: Store,
) -> None:
    await begin(kept, "phone")
    await kept.transact(lambda sql: users.disable(sql, MARIE.login, NOW, disabled=True))
    assert await people(kept) == {PERSON: DISABLED}
    await kept.transact(lambda sql: users.disable(sql, MARIE.login, NOW, disabled=False))
    assert await people(kept) == {PERSON: NOW + 1}
    assert await session(kept, "phone") is None


async def test_who_is_not_there_cannot_be_changed(kept: Store) -> None:
    with pytest.raises(NotFoundError):
        await kept.transact(lambda sql: users.disable(sql, Login("acme", "x"), 1, disabled=True))


async def test_a_hash_is_replaced_unless_the_password_was_changed_meanwhile(kept: Store) -> None:
    await kept.transact(lambda sql: users.rehash(sql, MARIE.login, "hash", "stronger"))
    await kept.transact(lambda sql: users.rehash(sql, MARIE.login, "hash", "late"))
    found = await find(kept)
    assert found is not None
    assert found.password == "stronger"


async def test_the_newest_addresses_are_remembered(kept: Store) -> None:
    for at in range(ADDRESSES_REMEMBERED + 1):
        await kept.transact(
            partial(users.remember_address, login=MARIE.login, address=f"10.0.0.{at}", now=at)
        )

    async def knows(address: str) -> bool:
        return await kept.consult(lambda sql: users.knows_address(sql, MARIE.login, address))

    assert [await knows(f"10.0.0.{at}") for at in (0, 1, ADDRESSES_REMEMBERED)] == [
        False,
        True,
        True,
    ]


async def test_a_session_comes_back_and_ends(kept: Store) -> None:
    await begin(kept, "phone")
    assert await session(kept, "phone") == (MARIE.login, FAMILY)
    after = replace(FAMILY, digest="next", previous="digest", rotated_at=12, idle_at=22)
    await kept.transact(lambda sql: sessions.rotate(sql, "phone", after))
    assert await session(kept, "phone") == (MARIE.login, after)
    await kept.transact(lambda sql: sessions.end(sql, "phone"))
    assert await session(kept, "phone") is None


async def test_a_user_has_so_many_sessions_and_those_that_are_over_go(kept: Store) -> None:
    for at in range(SESSIONS_PER_USER + 1):
        await begin(kept, f"s{at}", replace(FAMILY, rotated_at=at, ends_at=at + 1_000))
    assert await session(kept, "s0") is None
    assert await session(kept, "s1") is not None
    await begin(kept, "late", replace(FAMILY, rotated_at=5_000, ends_at=6_000))
    assert await session(kept, "s1") is None

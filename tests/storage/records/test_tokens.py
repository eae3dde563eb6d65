from dataclasses import replace
from functools import partial

import pytest

from app.errors import ConflictError, NotFoundError
from app.storage.base import Store
from app.storage.records import devices, tokens
from app.storage.records.denied import shut_out
from app.storage.records.devices import Device
from app.storage.records.tokens import LISTED_AFTER_END, Token, Use
from auth.principal import Principal, Role

HUB = Principal("hub", "acme", Role.DEVICE, "jti-1", 100, 1_000, sensors=frozenset({"s1", "n°2"}))
SECOND = replace(HUB, token_id="jti-2", issued_at=200)
SERVICE = Principal("predictor", "acme", Role.SERVICE, "jti-3", 300, 1_000, topics=("alerts",))
FOREIGN = replace(HUB, tenant="other", token_id="jti-4")


@pytest.fixture
async def kept(store: Store) -> Store:
    for principal in (HUB, SECOND, SERVICE, FOREIGN):
        await register(store, principal)
    return store


async def register(store: Store, principal: Principal) -> None:
    await store.transact(lambda sql: tokens.register(sql, principal))


async def listed(store: Store, role: Role | None = None, before: str | None = None) -> list[Token]:
    return await store.consult(lambda sql: tokens.listed(sql, "acme", role, before))


async def denied(store: Store, now: float) -> frozenset[tuple[str, str]]:
    return (await store.consult(lambda sql: shut_out(sql, now))).tokens


async def test_tokens_come_back_as_they_were_registered_the_newest_first(kept: Store) -> None:
    assert await listed(kept) == [Token(each, 1_000) for each in (SERVICE, SECOND, HUB)]
    assert await listed(kept, Role.DEVICE) == [Token(SECOND, 1_000), Token(HUB, 1_000)]
    assert await listed(kept, before="jti-2") == [Token(HUB, 1_000)]
    assert await listed(kept, before="jti-4") == []  # another tenant's


async def test_an_id_is_registered_once(kept: Store) -> None:
    with pytest.raises(ConflictError):
        await register(kept, replace(SERVICE, token_id="jti-1"))


async def test_one_that_was_ended_is_denied_from_then_until_its_own_end(kept: Store) -> None:
    await kept.transact(lambda sql: tokens.end(sql, "acme", "jti-1", 500))
    assert await denied(kept, 499) == set()
    assert await denied(kept, 500) == await denied(kept, 999) == {("acme", "jti-1")}
    assert await denied(kept, 1_000) == set()


async def test_an_end_is_never_put_off(kept: Store) -> None:
    for at in (500, 600, 2_000):
        await kept.transact(partial(tokens.end, tenant="acme", token_id="jti-1", at=at))
    assert (await listed(kept))[-1] == Token(HUB, 500)


async def test_all_of_a_subject_end_and_nobody_elses(kept: Store) -> None:
    await kept.transact(lambda sql: tokens.end_all(sql, "acme", Role.DEVICE, "hub", 500))
    assert await denied(kept, 500) == {("acme", "jti-1"), ("acme", "jti-2")}


async def test_another_tenants_cannot_be_ended(kept: Store) -> None:
    with pytest.raises(NotFoundError):
        await kept.transact(lambda sql: tokens.end(sql, "acme", "jti-4", 500))
    assert await denied(kept, 500) == set()


async def test_tokens_of_a_disabled_device_are_denied_until_it_is_enabled(kept: Store) -> None:
    hub = Device("acme", "hub", ("s1",), 1)
    await kept.transact(lambda sql: devices.add(sql, replace(hub, disabled=True)))
    assert await denied(kept, 999) == {("acme", "jti-1"), ("acme", "jti-2")}
    assert await denied(kept, 1_000) == set()
    await kept.transact(lambda sql: devices.change(sql, hub))
    assert await denied(kept, 999) == set()


async def test_uses_are_noted_and_never_go_back(kept: Store) -> None:
    newer, older = Use(500, "192.0.2.1", -7_200_000), Use(400, "192.0.2.2")
    for use in (newer, older):
        uses = [("jti-1", use), ("unregistered", use)]
        await kept.transact(partial(tokens.note_uses, uses=uses))
    assert [token.used for token in await listed(kept, Role.DEVICE)] == [None, newer]


async def test_what_ended_long_ago_is_no_longer_listed(kept: Store) -> None:
    late = replace(SERVICE, token_id="jti-5", issued_at=1_000 + LISTED_AFTER_END, expires_at=10**10)
    await register(kept, late)
    assert len(await listed(kept)) == 4
    await register(kept, replace(late, token_id="jti-6", issued_at=late.issued_at + 1))
    assert [each.principal.token_id for each in await listed(kept)] == ["jti-6", "jti-5"]

"""What was revoked beside the registered tokens."""

from functools import partial

import pytest

from app.errors import ConflictError
from app.storage.base import Store
from app.storage.records import revocations
from app.storage.records.denied import shut_out
from app.storage.records.revocations import LONGEST
from auth.revocation import Denied, Holder, Kind

HUB = Holder("acme", Kind.DEVICE, "hub")
NOW = 1_000_000
HALF_A_DAY = 43_200


async def denied(store: Store, now: int = NOW) -> Denied:
    return await store.consult(lambda sql: shut_out(sql, now))


async def test_a_token_is_denied_until_it_has_ended_whatever_it_was(store: Store) -> None:
    for _ in range(2):
        await store.transact(lambda sql: revocations.revoke_token(sql, "acme", "jti", NOW))
    assert (await denied(store)).tokens == {("acme", "jti")}
    assert (await denied(store, NOW + LONGEST - 1)).tokens == {("acme", "jti")}
    assert (await denied(store, NOW + LONGEST)).tokens == set()


async def test_a_holder_is_denied_what_it_was_issued_until_that_has_ended(store: Store) -> None:
    marie = Holder("acme", Kind.PERSON, "oidc:marie")
    for holder in (HUB, marie):
        await store.transact(partial(revocations.revoke_holder, holder=holder, now=NOW))
    assert (await denied(store)).holders == {HUB: NOW + 1, marie: NOW + 1}
    assert (await denied(store, NOW + 1 + HALF_A_DAY)).holders == {HUB: NOW + 1}
    again = NOW + 10
    await store.transact(lambda sql: revocations.revoke_holder(sql, HUB, again))
    assert (await denied(store)).holders[HUB] == again + 1
    assert await store.consult(lambda sql: revocations.good_from(sql, HUB)) == again + 1


async def test_what_has_ended_is_not_kept(store: Store) -> None:
    await store.transact(lambda sql: revocations.revoke_token(sql, "acme", "old", NOW, 10))
    await store.transact(lambda sql: revocations.revoke_token(sql, "acme", "new", NOW + 10, 10))
    rows = await store.consult(lambda sql: sql.rows("SELECT token_id FROM revoked_tokens"))
    assert [name for (name,) in rows] == ["new"]


async def test_a_tenant_has_so_many_at_most(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations, "MOST_PER_TENANT", 1)
    await store.transact(lambda sql: revocations.check_room(sql, "acme"))
    await store.transact(lambda sql: revocations.revoke_holder(sql, HUB, NOW))
    await store.consult(lambda sql: revocations.check_room(sql, "other"))
    with pytest.raises(ConflictError):
        await store.consult(lambda sql: revocations.check_room(sql, "acme"))

"""What an operator does reaches the sockets: tenants disabled, tokens revoked."""

import time

import pytest

from app.domain.watch import Watch
from app.storage.records import tenants, tokens
from auth.principal import Principal, Role
from auth.revocation import Revocations
from tests.domain.conftest import House


@pytest.fixture
def revocations() -> Revocations:
    return Revocations()


@pytest.fixture
async def watch(house: House, revocations: Revocations) -> Watch:
    await house.store.transact(lambda sql: tenants.add(sql, "acme", 1))
    return Watch(house.store, revocations, house.desk, lambda: None)


async def disable(house: House, *, disabled: bool) -> None:
    await house.store.transact(lambda sql: tenants.disable(sql, "acme", disabled=disabled))


async def test_a_disabled_tenants_sockets_are_closed_with_4403(
    house: House, watch: Watch, revocations: Revocations
) -> None:
    ours, theirs = await house.join(), await house.join(tenant="other")
    await disable(house, disabled=True)
    await watch.look()
    assert await ours.end() == (4403, "the tenant is disabled")
    assert await theirs.messages() == []
    assert revocations.revoked(ours.subscriber.principal)
    assert not revocations.revoked(theirs.subscriber.principal)


async def test_an_enabled_one_comes_in_again(
    house: House, watch: Watch, revocations: Revocations
) -> None:
    for disabled in (True, False):
        await disable(house, disabled=disabled)
        await watch.look()
        assert ("acme" in revocations.denied.tenants) == disabled
    dashboard = await house.join()
    await watch.look()
    assert await dashboard.messages() == []


async def test_a_revoked_tokens_sockets_are_closed_with_4401(house: House, watch: Watch) -> None:
    revoked, other = await house.join(token_id="gone"), await house.join(token_id="kept")
    ends = int(time.time()) + 60
    hub = Principal("hub", "acme", Role.DEVICE, "gone", 1, ends)
    await house.store.transact(lambda sql: tokens.register(sql, hub))
    await house.store.transact(lambda sql: tokens.end(sql, "acme", "gone", 2))
    await watch.look()
    assert await revoked.end() == (4401, "the token was revoked")
    assert await other.messages() == []

"""What an operator does reaches the sockets: tenants disabled, tokens revoked."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.domain.watch import Watch
from app.storage.base import Device
from app.storage.registry import Registry, registry
from auth.revocation import Revocations
from tests.domain.conftest import House


@pytest.fixture
def operator(house: House, tmp_path: Path) -> Iterator[Registry]:
    assert house
    with registry(tmp_path / "gateway.db") as operator:
        operator.add_tenant("acme")
        operator.add_tenant("other")
        yield operator


@pytest.fixture
def revocations() -> Revocations:
    return Revocations()


@pytest.fixture
def watch(house: House, revocations: Revocations) -> Watch:
    return Watch(house.store, revocations, house.desk, lambda: None)


async def test_a_disabled_tenants_sockets_are_closed_with_4403(
    house: House, operator: Registry, watch: Watch, revocations: Revocations
) -> None:
    ours, theirs = await house.join(), await house.join(tenant="other")
    operator.disable_tenant("acme", disabled=True)
    await watch.look()
    assert await ours.end() == (4403, "the tenant is disabled")
    assert await theirs.messages() == []
    assert revocations.revoked(ours.subscriber.principal)
    assert not revocations.revoked(theirs.subscriber.principal)


async def test_an_enabled_one_comes_in_again(
    house: House, operator: Registry, watch: Watch, revocations: Revocations
) -> None:
    for disabled in (True, False):
        operator.disable_tenant("acme", disabled=disabled)
        await watch.look()
        assert revocations.disabled("acme") == disabled
    dashboard = await house.join()
    await watch.look()
    assert await dashboard.messages() == []


async def test_a_revoked_tokens_sockets_are_closed_with_4401(
    house: House, operator: Registry, watch: Watch
) -> None:
    revoked, other = await house.join(token_id="gone"), await house.join(token_id="kept")
    ends = int(time.time()) + 60
    operator.add_device(Device("acme", "hub", ("s1",), "gone", ends, 1, False))
    operator.revoke_device("acme", "hub")
    await watch.look()
    assert await revoked.end() == (4401, "the token was revoked")
    assert await other.messages() == []

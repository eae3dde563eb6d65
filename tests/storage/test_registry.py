"""Tenants and devices, and how a running gateway learns of them."""

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.errors import ConflictError, NotFoundError
from app.storage.base import Device
from app.storage.registry import Registry, registry
from tests.storage.conftest import Opened, draft

IN_AN_HOUR = int(time.time()) + 3_600
HUB = Device("acme", "hub", ("s1", "capteur n°2"), "jti-1", IN_AN_HOUR, 1, False)


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Registry]:
    with registry(tmp_path / "gateway.db") as opened:
        yield opened


class TestTenants:
    def test_a_tenant_is_listed_once_it_was_added(self, operator: Registry) -> None:
        operator.add_tenant("other")
        operator.add_tenant("acme")
        assert [tenant.name for tenant in operator.tenants()] == ["acme", "other"]
        assert not any(tenant.disabled for tenant in operator.tenants())

    def test_a_name_is_given_once(self, operator: Registry) -> None:
        operator.add_tenant("acme")
        with pytest.raises(ConflictError):
            operator.add_tenant("acme")

    def test_a_tenant_is_disabled_and_enabled_again(self, operator: Registry) -> None:
        operator.add_tenant("acme")
        for disabled in (True, True, False):
            operator.disable_tenant("acme", disabled=disabled)
            assert operator.tenants()[0].disabled == disabled

    def test_nobody_disables_who_is_not_there(self, operator: Registry) -> None:
        with pytest.raises(NotFoundError):
            operator.disable_tenant("acme", disabled=True)


class TestDevices:
    def test_a_device_comes_back_as_it_was_added(self, operator: Registry) -> None:
        operator.add_device(HUB)
        assert operator.devices("acme") == [HUB]
        assert operator.devices("other") == []

    def test_a_name_is_one_devices_as_long_as_it_is_not_revoked(self, operator: Registry) -> None:
        successor = replace(HUB, token_id="jti-2")
        operator.add_device(HUB)
        with pytest.raises(ConflictError):
            operator.add_device(successor)
        operator.revoke_device("acme", "hub")
        operator.add_device(successor)
        assert operator.devices("acme") == [replace(HUB, revoked=True), successor]

    def test_another_tenant_may_use_the_same_name(self, operator: Registry) -> None:
        operator.add_device(HUB)
        operator.add_device(replace(HUB, tenant="other", token_id="jti-2"))
        operator.revoke_device("other", "hub")
        assert operator.devices("acme") == [HUB]

    def test_one_that_was_never_there_cannot_be_revoked(self, operator: Registry) -> None:
        operator.add_device(HUB)
        for tenant, name in (("acme", "box"), ("other", "hub")):
            with pytest.raises(NotFoundError):
                operator.revoke_device(tenant, name)


class TestDenied:
    async def test_a_running_store_shows_who_is_shut_out(
        self, opened: Opened, operator: Registry
    ) -> None:
        operator.add_tenant("other")
        operator.disable_tenant("other", disabled=True)
        operator.add_device(HUB)
        operator.revoke_device("acme", "hub")
        denied = await opened.store.denied()
        assert denied.tenants == {"other"}
        assert denied.tokens == {"jti-1": IN_AN_HOUR}

    async def test_a_successor_does_not_revive_the_revoked_token(
        self, opened: Opened, operator: Registry
    ) -> None:
        operator.add_device(HUB)
        operator.revoke_device("acme", "hub")
        operator.add_device(replace(HUB, token_id="jti-2"))
        assert (await opened.store.denied()).tokens == {"jti-1": IN_AN_HOUR}

    async def test_tokens_that_have_ended_by_themselves_are_not_listed(
        self, opened: Opened, operator: Registry
    ) -> None:
        operator.add_device(replace(HUB, expires_at=int(time.time()) - 1))
        operator.revoke_device("acme", "hub")
        assert (await opened.store.denied()).tokens == {}

    async def test_a_tenant_that_published_first_can_be_disabled(
        self, opened: Opened, operator: Registry
    ) -> None:
        await opened.store.append([draft()])
        operator.disable_tenant("acme", disabled=True)
        assert (await opened.store.denied()).tenants == {"acme"}

from dataclasses import replace

import pytest

from app.errors import ConflictError, NotFoundError
from app.storage.base import Store
from app.storage.records import devices
from app.storage.records.denied import shut_out
from app.storage.records.devices import Device

HUB = Device(
    "acme", "hub", ("s1", "capteur n°2"), "jti-1", expires_at=1_000, created_ms=1, revoked=False
)
SUCCESSOR = replace(HUB, token_id="jti-2")


async def add(store: Store, device: Device) -> None:
    await store.transact(lambda sql: devices.add(sql, device))


async def revoke(store: Store, tenant: str = "acme", name: str = "hub") -> None:
    await store.transact(lambda sql: devices.revoke(sql, tenant, name))


async def listed(store: Store, tenant: str = "acme") -> list[Device]:
    return await store.consult(lambda sql: devices.listed(sql, tenant))


async def revoked_tokens(store: Store, now: float = 1) -> dict[str, int]:
    return (await store.consult(lambda sql: shut_out(sql, now))).tokens


async def test_a_device_comes_back_as_it_was_added(store: Store) -> None:
    await add(store, HUB)
    assert await listed(store) == [HUB]
    assert await listed(store, "other") == []


async def test_a_name_is_one_devices_as_long_as_it_is_not_revoked(store: Store) -> None:
    await add(store, HUB)
    with pytest.raises(ConflictError):
        await add(store, SUCCESSOR)
    await revoke(store)
    await add(store, SUCCESSOR)
    assert await listed(store) == [replace(HUB, revoked=True), SUCCESSOR]
    assert await revoked_tokens(store) == {"jti-1": 1_000}


async def test_another_tenant_may_use_the_same_name(store: Store) -> None:
    await add(store, HUB)
    await add(store, replace(SUCCESSOR, tenant="other"))
    await revoke(store, "other")
    assert await listed(store) == [HUB]


async def test_one_that_was_never_there_cannot_be_revoked(store: Store) -> None:
    await add(store, HUB)
    for tenant, name in (("acme", "box"), ("other", "hub")):
        with pytest.raises(NotFoundError):
            await revoke(store, tenant, name)


async def test_only_tokens_that_have_not_ended_by_themselves_are_denied(store: Store) -> None:
    await add(store, HUB)
    assert await revoked_tokens(store) == {}
    await revoke(store)
    assert await revoked_tokens(store, now=999) == {"jti-1": 1_000}
    assert await revoked_tokens(store, now=1_000) == {}

from dataclasses import replace
from functools import partial

import pytest

from app.errors import ConflictError, NotFoundError
from app.storage.base import Store
from app.storage.records import devices
from app.storage.records.devices import Device

HUB = Device("acme", "hub", ("s1", "capteur n°2"), 1, "Maison", "Bureau", interval=60)
PLAIN = Device("acme", "plain", ("s3",), 2)


async def add(store: Store, *added: Device) -> None:
    for device in added:
        await store.transact(partial(devices.add, device=device))


async def listed(store: Store, tenant: str = "acme", after: str = "") -> list[Device]:
    return await store.consult(lambda sql: devices.listed(sql, tenant, after))


async def test_devices_come_back_as_they_were_added(store: Store) -> None:
    await add(store, PLAIN, HUB)
    assert await listed(store) == [HUB, PLAIN]
    assert await listed(store, after="hub") == [PLAIN]
    assert await listed(store, "other") == []
    assert await store.consult(lambda sql: devices.find(sql, "acme", "hub")) == HUB


async def test_an_id_is_one_devices_of_its_tenant(store: Store) -> None:
    await add(store, HUB, replace(HUB, tenant="other"))
    with pytest.raises(ConflictError):
        await add(store, replace(PLAIN, id="hub"))
    assert await listed(store) == [HUB]


async def change(store: Store, device: Device) -> None:
    await store.transact(lambda sql: devices.change(sql, device))


async def test_one_is_changed_and_no_other(store: Store) -> None:
    await add(store, HUB, PLAIN, replace(HUB, tenant="other"))
    for changed in (
        replace(HUB, disabled=True),
        replace(HUB, sensors=("s9",), enseigne=None, salle=None, interval=None),
    ):
        await change(store, changed)
        assert await listed(store) == [changed, PLAIN]
        assert await listed(store, "other") == [replace(HUB, tenant="other")]


async def test_one_that_was_never_there_is_not_found(store: Store) -> None:
    await add(store, HUB)
    for tenant, name in (("acme", "box"), ("other", "hub")):
        with pytest.raises(NotFoundError):
            await store.consult(partial(devices.find, tenant=tenant, name=name))
        with pytest.raises(NotFoundError):
            await change(store, replace(HUB, tenant=tenant, id=name))

import pytest

from app.errors import ConflictError, NotFoundError
from app.storage.base import Store
from app.storage.records import tenants
from app.storage.records.denied import shut_out
from tests.storage.conftest import draft


async def add(store: Store, name: str) -> None:
    await store.transact(lambda sql: tenants.add(sql, name, 1))


async def disable(store: Store, *, disabled: bool = True) -> None:
    await store.transact(lambda sql: tenants.disable(sql, "acme", disabled=disabled))


async def test_a_tenant_is_listed_once_it_was_added(store: Store) -> None:
    await add(store, "other")
    await add(store, "acme")
    listed = await store.consult(tenants.listed)
    assert [(tenant.name, tenant.disabled) for tenant in listed] == [
        ("acme", False),
        ("other", False),
    ]


async def test_a_name_is_given_once(store: Store) -> None:
    await add(store, "acme")
    with pytest.raises(ConflictError):
        await add(store, "acme")


async def test_the_platform_is_no_tenant(store: Store) -> None:
    with pytest.raises(ValueError, match="name"):
        await add(store, "*")


async def test_a_tenant_is_disabled_and_enabled_again(store: Store) -> None:
    await store.append([draft()])  # its first publication makes it one
    for disabled in (True, True, False):
        await disable(store, disabled=disabled)
        (tenant,) = await store.consult(tenants.listed)
        assert tenant.disabled == disabled
        denied = await store.consult(lambda sql: shut_out(sql, 0))
        assert denied.tenants == ({"acme"} if disabled else set())


async def test_nobody_disables_who_is_not_there(store: Store) -> None:
    with pytest.raises(NotFoundError):
        await disable(store)

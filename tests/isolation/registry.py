"""Devices come and go at random: registered, claimed, revoked; their names are alike everywhere."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.edge.wire import error_of
from tests.isolation.model import SENSORS
from tests.isolation.tenant import Tenant


async def register(tenant: Tenant) -> None:
    """One of a name that all tenants have, or that only this one has; by token or by claim code."""
    rng, known = tenant.rng, tenant.model.devices
    name = rng.choice(("hub", f"hub-{tenant.number}"))
    body: dict[str, Any] = {"id": name, "sensors": [rng.choice(SENSORS)]}
    claimed = rng.random() < 0.5
    if claimed:
        body["claim"] = {}
    answer = await tenant.ask("POST", "/api/admin/devices", "admin", json=body)
    if name in known:
        assert (answer.status_code, error_of(answer.content)["code"]) == (409, "conflict")
        return
    assert answer.status_code == 201
    tenant.loot.add("device", tenant.name, f"hub-{tenant.number}")
    given = await _claim(tenant, answer.json()["claim"]["code"]) if claimed else answer.json()
    known[name] = given["token"]
    token = tenant.gateway.verified(given["token"])
    assert (token.tenant, token.subject) == (tenant.name, name)
    assert token.sensors == frozenset(body["sensors"])


async def _claim(tenant: Tenant, code: str) -> dict[str, Any]:
    """Once."""
    claimed, again = [await tenant.claim(code) for _ in range(2)]
    assert (claimed.status_code, claimed.json()["tenant"]) == (201, tenant.name)
    assert (again.status_code, error_of(again.content)["code"]) == (401, "claim_refused")
    given: dict[str, Any] = claimed.json()
    return given


async def listed(tenant: Tenant) -> None:
    """The tenant's devices, and of tokens its own."""
    told = (await tenant.ask("GET", "/api/admin/devices", "admin")).json()["devices"]
    assert [device["id"] for device in told] == sorted(tenant.model.devices)
    answer = await tenant.ask("GET", "/api/admin/tokens?limit=1000", "admin")
    tokens = {token["subject"] for token in answer.json()["tokens"]}
    assert tokens == set(tenant.model.devices)


async def revoke(tenant: Tenant) -> None:
    """A device's token, which is refused from then on; the same name's elsewhere is not."""
    known = tenant.model.devices
    if not known:
        return
    name = tenant.rng.choice(sorted(known))
    assert (await tenant.ask_by(known[name])).status_code == 422
    await tenant.ask("POST", f"/api/admin/devices/{name}/revoke", "admin")
    assert (await tenant.ask_by(known[name])).status_code == 401
    rotated = await tenant.ask("POST", f"/api/admin/devices/{name}/rotate", "admin", json={})
    known[name] = rotated.json()["token"]


REGISTRY: dict[Callable[[Tenant], Awaitable[None]], float] = {register: 0.5, listed: 1, revoke: 0.5}

"""Several tenants at once do the same things at random; each sees what it did itself, and no more.

`ISOLATION_OPERATIONS=10000` raises the number of operations; `make audit` does, and compares how
long answers take.
"""

import asyncio
import os
import time
from statistics import median

import pytest

from tests.conftest import Start
from tests.isolation.operations import OPERATIONS
from tests.isolation.tenant import Loot, Tenant

ISOLATION_OPERATIONS = int(os.environ.get("ISOLATION_OPERATIONS", "300"))
TENANTS = 3
PAIRS = 300
"""Of requests for what is another's and for what never was, in turn."""
ALIKE = 1.25
"""Between the medians. In turn, what else the machine does is in both."""


async def live(tenant: Tenant, operations: int) -> None:
    kinds, weights = list(OPERATIONS), list(OPERATIONS.values())
    for number, operation in enumerate(tenant.rng.choices(kinds, weights, k=operations)):
        try:
            await operation(tenant)
        except Exception as error:
            error.add_note(f"operation {number} of {tenant.name}: {operation.__name__}")
            raise


async def test_nothing_crosses_between_tenants(start: Start) -> None:
    async with start(limit_scale=10_000) as gateway, gateway.client() as client:
        async with gateway.client("admin", tenant="*") as operator:
            for number in range(TENANTS):
                name = {"name": f"tenant-{number}"}
                assert (await operator.post("/api/admin/tenants", json=name)).is_success
        loot = Loot()
        tenants = [Tenant(gateway, client, loot, number) for number in range(TENANTS)]
        async with asyncio.TaskGroup() as all_at_once:
            for tenant in tenants:
                all_at_once.create_task(live(tenant, ISOLATION_OPERATIONS // TENANTS))
        for tenant in tenants:
            for socket in tenant.sockets:
                await tenant.listen(socket)
                await socket.wire.close()


@pytest.mark.skipif(ISOLATION_OPERATIONS < 10_000, reason="make audit compares times")
async def test_anothers_takes_as_long_as_what_never_was(start: Start) -> None:
    alert = {"enseigne": "Maison", "salle": "Bureau", "severity": "info", "state": "raised"}
    user = {"name": "homer", "password": "a window that is open"}
    async with (
        start(limit_scale=10_000) as gateway,
        gateway.client("service", tenant="globex") as service,
        gateway.client("admin", tenant="*") as operator,
        gateway.client("admin") as admin,
        gateway.client("dashboard") as dashboard,
        gateway.dashboard(tenant="globex"),
    ):
        published = await service.post("/api/publish/alerts", json={**alert, "message": "x"})
        assert (await operator.post("/api/admin/users?tenant=globex", json=user)).is_success
        (listed,) = (await operator.get("/api/admin/connections")).json()["connections"]
        position = published.json()["position"]
        for ask, path, name in (
            (dashboard.get, "/api/messages?after={}", position),
            (dashboard.get, "/api/iaq/data?after={}", position),
            (admin.delete, "/api/admin/connections/{}", listed["id"]),
            (admin.post, "/api/admin/users/{}/sign-out", "homer"),
        ):
            unknown = "".join("0" if each.isalnum() else each for each in name)[:-1] + "1"
            taken: dict[str, list[float]] = {name: [], unknown: []}
            for each in (name, unknown) * PAIRS:
                begun = time.perf_counter()
                await ask(path.format(each))
                taken[each].append(time.perf_counter() - begun)
            quick, slow = sorted(median(times) for times in taken.values())
            assert slow < ALIKE * quick, path

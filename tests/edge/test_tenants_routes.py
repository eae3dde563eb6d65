"""`/api/admin/tenants`: docs/protocol.md §3.5."""

from typing import Any

import httpx2
import pytest

from tests.conftest import Running
from tests.edge.wire import end_of, error_of, heard

DEFAULT = {"raw": None, "hourly": None, "daily": None}


async def names(client: httpx2.AsyncClient, query: str = "") -> list[str]:
    answer = await client.get(f"/api/admin/tenants?{query}")
    assert answer.status_code == 200, answer.text
    return [tenant["name"] for tenant in answer.json()["tenants"]]


async def add(client: httpx2.AsyncClient, *tenants: str) -> None:
    for name in tenants:
        answer = await client.post("/api/admin/tenants", json={"name": name})
        assert answer.status_code == 201, answer.text


async def test_the_platforms_admin_makes_and_lists_tenants(gateway: Running) -> None:
    async with gateway.client("admin", tenant="*") as operator:
        made = await operator.post("/api/admin/tenants", json={"name": "acme"})
        assert made.status_code == 201
        told = made.json()
        assert told.pop("created_at").endswith("Z")
        assert told == {"name": "acme", "disabled": False, "retention": DEFAULT}
        again = await operator.post("/api/admin/tenants", json={"name": "acme"})
        assert (again.status_code, error_of(again.content)["code"]) == (409, "conflict")
        await add(operator, "globex", "initech")
        first = (await operator.get("/api/admin/tenants?limit=2")).json()
        assert first["after"] == "globex"
        assert await names(operator, f"limit=2&after={first['after']}") == ["initech"]


async def test_a_disabled_tenant_is_refused_at_once_and_its_sockets_are_closed(
    gateway: Running,
) -> None:
    token = gateway.token("dashboard")
    headers = {"Authorization": f"Bearer {token}"}
    async with gateway.client("admin", tenant="*") as operator, gateway.client() as client:
        await add(operator, "acme")
        async with gateway.dashboard(token=token) as socket:
            await heard(socket)
            off = await operator.patch("/api/admin/tenants/acme", json={"disabled": True})
            assert (off.status_code, off.json()["disabled"]) == (200, True)
            assert (await client.get("/api/messages", headers=headers)).status_code == 401
            assert await end_of(socket) == (4403, "the tenant is disabled")
        await operator.patch("/api/admin/tenants/acme", json={"disabled": False})
        assert (await client.get("/api/messages", headers=headers)).status_code == 200
        lines = (await operator.get("/api/admin/audit")).json()["entries"]
    acts = [(line["tenant"], line["act"], line["actor"]) for line in lines]
    assert acts == [
        ("acme", "tenant_enabled", "someone@*"),
        ("acme", "tenant_disabled", "someone@*"),
        ("acme", "tenant_added", "someone@*"),
    ]


async def test_a_retention_of_its_own_is_given_and_taken_back(gateway: Running) -> None:
    async with gateway.client("admin", tenant="*") as operator:
        await add(operator, "acme")
        for retention in ({"raw": 90, "hourly": 730, "daily": 0}, {"raw": 30}, {}):
            changed = await operator.patch("/api/admin/tenants/acme", json={"retention": retention})
            assert changed.json()["retention"] == {**DEFAULT, **retention}
        for wrong in ({"raw": -1}, {"raw": 1.5}, {"weekly": 1}, {"raw": 40_000}):
            refused = await operator.patch("/api/admin/tenants/acme", json={"retention": wrong})
            assert (refused.status_code, error_of(refused.content)["code"]) == (422, "invalid")


async def test_a_tenants_admin_reads_its_own_and_changes_none(gateway: Running) -> None:
    async with (
        gateway.client("admin", tenant="*") as operator,
        gateway.client("admin") as ours,
    ):
        assert await names(ours) == []
        await add(operator, "acme", "globex")
        assert await names(ours) == ["acme"]
        answers = [
            await ours.post("/api/admin/tenants", json={"name": "another"}),
            await ours.patch("/api/admin/tenants/acme", json={"disabled": False}),
            await ours.patch("/api/admin/tenants/globex", json={"disabled": True}),
            await ours.patch("/api/admin/tenants/nowhere", json={"disabled": True}),
        ]
    told = {(answer.status_code, error_of(answer.content)["message"]) for answer in answers}
    assert told == {(403, "this is for the platform's admins")}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/api/admin/tenants", {"name": "*"}, 422),
        ("POST", "/api/admin/tenants", {"name": "Acme!"}, 422),
        ("POST", "/api/admin/tenants", {"name": 1}, 422),
        ("POST", "/api/admin/tenants", [], 422),
        ("PATCH", "/api/admin/tenants/nowhere", {"disabled": True}, 404),
        ("PATCH", "/api/admin/tenants/nowhere", {}, 404),
        ("PATCH", "/api/admin/tenants/nowhere", {"disabled": None, "epoch": "x"}, 422),
    ],
)
async def test_what_cannot_be_is_refused(
    gateway: Running, method: str, path: str, body: Any, status: int
) -> None:
    async with gateway.client("admin", tenant="*") as operator:
        answer = await operator.request(method, path, json=body)
    assert answer.status_code == status
    error_of(answer.content)

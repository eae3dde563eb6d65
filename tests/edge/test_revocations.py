"""Whoever is shut out: a 401 for the next request, and live sockets closed. One table."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection

from app.domain.registrar import Registrar
from app.storage.records import revocations
from app.storage.sqlite.sql import records
from auth.principal import Role
from tests.conftest import Running
from tests.edge.test_people import MARIE, Browser, add, token_of
from tests.edge.wire import end_of, error_of, heard, until

REVOKED = (4401, "the token was revoked")
PATHS = {"dashboard": "/api/messages", "device": "/api/ingest", "service": "/api/publish/alerts"}


@dataclass
class Client:
    """One who was given a token a while ago, and what it can be revoked by."""

    gateway: Running
    role: str
    subject: str
    tenant: str = "acme"
    age: int = 100

    def __post_init__(self) -> None:
        self.token = self.gateway.issuer.issue(
            subject=self.subject,
            tenant=self.tenant,
            role=Role(self.role),
            ttl=3_600,
            now=time.time() - self.age,
        )

    async def status(self) -> int:
        """401 for who is refused; 200, 415 or 422 for who is not."""
        headers = {"Authorization": f"Bearer {self.token}"}
        async with self.gateway.client() as client:
            method = "GET" if self.role == "dashboard" else "POST"
            return (await client.request(method, PATHS[self.role], headers=headers)).status_code

    @contextlib.asynccontextmanager
    async def socket(self) -> AsyncIterator[ClientConnection | None]:
        """Services have none."""
        if self.role == "service":
            yield None
            return
        opened = self.gateway.dashboard if self.role == "dashboard" else self.gateway.device
        async with opened(token=self.token) as socket:
            await heard(socket)
            yield socket


async def revoke(gateway: Running, kind: str, name: str, tenant: str = "acme") -> None:
    async with gateway.client("admin", tenant="*") as operator:
        answer = await operator.post(
            f"/api/admin/revocations?tenant={tenant}", json={"kind": kind, "name": name}
        )
    assert answer.status_code == 204, answer.text


@pytest.mark.parametrize(
    ("role", "by"),
    [
        ("dashboard", "token"),
        ("device", "token"),
        ("service", "token"),
        ("dashboard", "user"),
        ("device", "device"),
        ("service", "service"),
    ],
)
async def test_one_is_out_at_once_and_nobody_else(gateway: Running, role: str, by: str) -> None:
    """By the token's id or by its holder; never another of the same name elsewhere."""
    out = Client(gateway, role, "shared")
    others = [
        Client(gateway, role, "shared", tenant="globex"),
        Client(gateway, role, "other"),
        *(Client(gateway, each, "shared") for each in PATHS if each != role),
    ]
    async with contextlib.AsyncExitStack() as opened:
        socket = await opened.enter_async_context(out.socket())
        living = [await opened.enter_async_context(each.socket()) for each in others]
        name = gateway.verified(out.token).token_id if by == "token" else "shared"
        await revoke(gateway, by, name)
        assert await out.status() == 401
        if socket is not None:
            assert await end_of(socket) == REVOKED
        for each, other in zip(others, living, strict=True):
            assert await each.status() != 401
            if other is not None:
                await (await other.ping())
    later = Client(gateway, role, "shared", age=-1)
    assert await later.status() != 401, "what is issued afterwards is good"


@pytest.mark.parametrize("role", ["dashboard", "device", "service"])
async def test_a_disabled_tenant_is_a_401_and_4403(gateway: Running, role: str) -> None:
    out, other = Client(gateway, role, "shared"), Client(gateway, role, "shared", tenant="globex")
    async with gateway.client("admin", tenant="*") as operator, out.socket() as socket:
        await operator.post("/api/admin/tenants", json={"name": "acme"})
        await operator.patch("/api/admin/tenants/acme", json={"disabled": True})
        assert (await out.status(), await other.status() != 401) == (401, True)
        if socket is not None:
            assert await end_of(socket) == (4403, "the tenant is disabled")
        await operator.patch("/api/admin/tenants/acme", json={"disabled": False})
        assert await out.status() != 401


async def test_a_device_gets_a_good_token_in_the_second_of_its_revocation(gateway: Running) -> None:
    await revoke(gateway, "device", "hub")
    with records(gateway.settings.database_path) as sql:
        by = Registrar(gateway.issuer, lambda *_: None, time.time())
        given = by.issue(sql, tenant="acme", role=Role.DEVICE, subject="hub", ttl=60)
    async with gateway.client() as client:
        headers = {"Authorization": f"Bearer {given.token}"}
        assert (await client.post("/api/ingest", headers=headers)).status_code == 415


async def test_signing_out_ends_the_sessions_access_tokens_and_no_others(gateway: Running) -> None:
    """In every tab, that is whatever access token was made in it."""
    add(gateway)
    async with gateway.client() as client:
        here, elsewhere = Browser(client), Browser(client)
        first, other = await token_of(here), await token_of(elsewhere)
        second = (await here.refresh()).json()["access_token"]
        async with gateway.dashboard(token=second) as socket:
            await heard(socket)
            assert (await here.post("/auth/logout")).status_code == 204
            for token in (first, second):
                assert (await here.me(token)).status_code == 401
            assert await end_of(socket) == REVOKED
        assert (await here.me(other)).status_code == 200
        assert (await elsewhere.refresh()).status_code == 200
        again = await token_of(here)
        assert (await here.me(again)).status_code == 200


async def test_a_providers_person_and_an_account_of_one_name_are_two(gateway: Running) -> None:
    add(gateway)
    provided = Client(gateway, "dashboard", f"oidc:{MARIE.name}")
    async with gateway.client() as client:
        browser = Browser(client)
        ours = await token_of(browser)
        await revoke(gateway, "user", f"oidc:{MARIE.name}")
        assert (await provided.status(), (await browser.me(ours)).status_code) == (401, 200)
        await revoke(gateway, "user", MARIE.name)
        assert (await browser.me(ours)).status_code == 401
        assert (await browser.refresh()).status_code == 401
        assert await Client(gateway, "dashboard", "oidc:paul").status() == 200


async def test_what_a_command_writes_is_noticed_within_two_seconds(gateway: Running) -> None:
    out = Client(gateway, "dashboard", "marie")
    name = gateway.verified(out.token).token_id
    async with out.socket() as socket:
        assert socket is not None
        with records(gateway.settings.database_path) as sql:
            revocations.revoke_token(sql, "acme", name, int(time.time()))
        assert await end_of(socket) == REVOKED

    async def refused() -> bool:
        return await out.status() == 401

    await until(refused, within=10)


async def test_a_tenants_admin_revokes_in_its_own_alone(gateway: Running) -> None:
    theirs = Client(gateway, "device", "hub", tenant="globex")
    name = gateway.verified(theirs.token).token_id
    async with gateway.client("admin") as admin:
        answers = await asyncio.gather(
            *(
                admin.post("/api/admin/revocations", json={"kind": kind, "name": called})
                for kind, called in (("token", name), ("device", "hub"))
            )
        )
        other = {"kind": "token", "name": name}
        refused = await admin.post("/api/admin/revocations?tenant=globex", json=other)
    assert [answer.status_code for answer in answers] == [204, 204], "whether it is known or not"
    assert (refused.status_code, error_of(refused.content)["code"]) == (403, "forbidden")
    assert await theirs.status() != 401


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "tenant", "name": "acme"},
        {"kind": "token"},
        {"kind": "token", "name": ""},
        {"kind": "token", "name": "a b"},
        {"kind": "user", "name": "x" * 129},
        {"kind": "user", "name": "marie", "until": 1},
    ],
)
async def test_what_names_nobody_is_refused(gateway: Running, body: dict[str, Any]) -> None:
    async with gateway.client("admin") as admin:
        answer = await admin.post("/api/admin/revocations", json=body)
    assert (answer.status_code, error_of(answer.content)["code"]) == (422, "invalid")

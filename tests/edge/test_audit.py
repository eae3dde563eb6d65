"""The audit: who did what, from where; an admin reads its tenant's; no secret stands in it."""

import contextlib
import json
import time
from typing import Any

import httpx2
from websockets.exceptions import InvalidStatus

from app.storage.records import revocations
from app.storage.sqlite.sql import records
from auth.login import Login
from auth.principal import Role
from tests.conftest import Running, Start
from tests.edge.test_people import SECRET, Browser, add, token_of
from tests.edge.wire import error_of, refusal_of, until


async def entries(client: httpx2.AsyncClient, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/api/admin/audit?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["entries"]
    return found


async def test_sign_ins_and_their_end_are_read_by_the_tenants_admin(gateway: Running) -> None:
    add(gateway)
    async with gateway.client() as client, gateway.client("admin") as admin:
        browser = Browser(client)
        await token_of(browser)
        await browser.refresh()
        await browser.post("/auth/logout")
        await token_of(browser)
        found = await entries(admin)
        assert [entry["act"] for entry in found] == ["signed_in", "signed_out", "signed_in"]
        assert {entry["actor"] for entry in found} == {"marie"}
        assert {entry["address"] for entry in found} == {"127.0.0.1"}
        assert all(entry["at"].endswith("Z") for entry in found)


async def test_a_stolen_session_stands_there(gateway: Running) -> None:
    add(gateway)
    async with gateway.client() as client, gateway.client("admin") as admin:
        browser = Browser(client)
        await token_of(browser)
        stolen = browser.cookie
        await browser.refresh()
        await browser.refresh()
        browser.cookie = stolen
        await browser.refresh()
        assert (await entries(admin))[0]["act"] == "session_reused"


async def test_refusals_are_kept_without_what_was_sent(start: Start) -> None:
    canary = "canary-8b1f-secret"
    async with start() as gateway:
        add(gateway)
        async with gateway.client() as client:
            browser = Browser(client)
            await browser.sign_in(password=canary)
            await browser.sign_in(f"{canary}@acme", canary)  # a password in the wrong field
            await client.get("/api/messages", headers={"Authorization": f"Bearer {canary}"})
            await client.get(f"/api/messages?topics={canary}")
        async with gateway.client("device", subject="hub") as device:
            assert (await device.get("/api/messages")).status_code == 403
    async with start() as gateway:  # what was counted was written at the stop
        async with gateway.client("admin") as admin:
            mine = await entries(admin)
        async with gateway.client("admin", tenant="*") as operator:
            everything = await entries(operator)
    told = {(entry["act"], entry["actor"], entry["target"]) for entry in mine}
    assert told == {
        ("sign_in_refused", "marie", "marie"),
        ("refused", "hub", "forbidden /api/messages"),
    }
    platforms = [entry for entry in everything if entry["tenant"] == "*"]
    assert {(entry["act"], entry["target"], entry["times"]) for entry in platforms} == {
        ("sign_in_refused", "", 1),
        ("refused", "unauthenticated /api/messages", 2),
    }
    assert canary not in json.dumps(everything)
    assert SECRET not in json.dumps(everything)


async def test_a_refused_socket_is_told_to_the_tenant_that_its_token_names(start: Start) -> None:
    async with start() as gateway:
        ended = gateway.issuer.issue(
            subject="marie", tenant="acme", role=Role.DASHBOARD, ttl=60, now=time.time() - 100
        )
        signed_by_nobody = ended[:-8] + ("A" * 8)
        revoked = gateway.token("device", subject="hub")
        name = gateway.verified(revoked).token_id
        with records(gateway.settings.database_path) as sql:
            revocations.revoke_token(sql, "acme", name, int(time.time()))
        for attempt in (
            gateway.dashboard(token=ended),
            gateway.dashboard(token=gateway.token("device", subject="hub")),
            gateway.dashboard("?topics=alerts", subject="paul", topics=["modules"]),
            gateway.dashboard(token=signed_by_nobody),
        ):
            await refusal_of(attempt)

        async def it_is_noticed() -> bool:
            with contextlib.suppress(InvalidStatus):
                async with gateway.device(token=revoked):
                    return False
            return True

        await until(it_is_noticed, within=10)
    async with start() as gateway:
        async with gateway.client("admin") as admin:
            mine = await entries(admin)
        async with gateway.client("admin", tenant="*") as operator:
            everything = await entries(operator)
    assert {(entry["actor"], entry["target"]) for entry in mine} == {
        ("marie", "unauthenticated /ws"),
        ("hub", "forbidden /ws"),
        ("paul", "forbidden /ws"),
        ("hub", "unauthenticated /ws/ingest"),
    }
    (platforms,) = [entry for entry in everything if entry["tenant"] == "*"]
    assert (platforms["actor"], platforms["target"]) == ("", "unauthenticated /ws")


async def test_one_tenants_admin_never_sees_anothers(gateway: Running) -> None:
    add(gateway)
    add(gateway, Login("globex", "homer"))
    async with gateway.client() as client:
        await token_of(Browser(client))
        await Browser(client).sign_in("homer@globex")
    async with gateway.client("admin") as ours, gateway.client("admin", tenant="*") as operator:
        assert {entry["tenant"] for entry in await entries(ours)} == {"acme"}
        assert {entry["tenant"] for entry in await entries(operator)} == {"acme", "globex"}
    async with gateway.client("dashboard") as dashboard:
        assert (await dashboard.get("/api/admin/audit")).status_code == 403


async def test_pages_go_back_in_time(gateway: Running) -> None:
    add(gateway)
    async with gateway.client() as client, gateway.client("admin") as admin:
        for _ in range(3):
            await token_of(Browser(client))
        first = (await admin.get("/api/admin/audit?limit=2")).json()
        second = (await admin.get(f"/api/admin/audit?limit=2&before={first['before']}")).json()
        assert (len(first["entries"]), len(second["entries"]), second["before"]) == (2, 1, None)
        bad = await admin.get("/api/admin/audit?before=%27;DROP")
        assert error_of(bad.content)["code"] == "invalid"


async def test_it_is_read_by_act_and_by_the_platform_for_one_tenant(gateway: Running) -> None:
    add(gateway)
    add(gateway, Login("globex", "homer"))
    async with gateway.client() as client:
        browser = Browser(client)
        await token_of(browser)
        await browser.post("/auth/logout")
        await Browser(client).sign_in("homer@globex")
    async with gateway.client("admin", tenant="*") as operator:
        found = await entries(operator, "tenant=acme&act=signed_in")
        assert [(entry["tenant"], entry["act"]) for entry in found] == [("acme", "signed_in")]
        bad = await operator.get("/api/admin/audit?act=nonsense")
        assert error_of(bad.content)["code"] == "invalid"
    async with gateway.client("admin") as ours:
        assert (await ours.get("/api/admin/audit?tenant=globex")).status_code == 403


async def test_a_limit_that_was_hit_is_told_to_the_tenant_that_hit_it(start: Start) -> None:
    async with (
        start(publish_rate_per_token="1/minute") as gateway,
        gateway.client("service") as service,
    ):
        action = {"enseigne": "Maison", "salle": "Bureau", "action": "ventilate"}
        answers = [await service.post("/api/publish/actions", json=action) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 429]
    async with start() as gateway, gateway.client("admin") as admin:
        (told,) = await entries(admin, "act=refused")
    assert told["target"] == "rate_limited publish_rate_per_token /api/publish/{topic}"

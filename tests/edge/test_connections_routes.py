"""`/api/admin/connections`: docs/protocol.md §3.6."""

from typing import Any

import httpx2
import pytest

from tests.conftest import Running, Start
from tests.edge.wire import PLACE, end_of, error_of, heard, until

ALERT = {**PLACE, "severity": "info", "state": "raised", "message": "CO2"}


async def listed(admin: httpx2.AsyncClient, query: str = "") -> dict[str, Any]:
    answer = await admin.get(f"/api/admin/connections?{query}")
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


async def closed(admin: httpx2.AsyncClient) -> list[dict[str, Any]]:
    ended: list[dict[str, Any]] = (await admin.get("/api/admin/connections/closed")).json()[
        "closed"
    ]
    return ended


async def test_who_is_connected_since_when_to_what_and_what_it_was_sent(gateway: Running) -> None:
    token = gateway.token("dashboard", subject="marie")
    async with (
        gateway.client("admin") as admin,
        gateway.client("service") as service,
        gateway.dashboard("?topics=alerts,measurements:Maison", token=token) as socket,
        gateway.device(subject="hub") as stream,
    ):
        await heard(socket)
        await heard(stream)
        await service.post("/api/publish/alerts", json=ALERT)
        frame = await socket.recv()
        page = await listed(admin)
        mine, device = sorted(page["connections"], key=lambda each: each["role"])
        verified = gateway.verified(token)
    assert (page["total"], page["after"]) == (2, None)
    assert (mine["tenant"], mine["subject"], mine["role"]) == ("acme", "marie", "dashboard")
    assert mine["address"] == "127.0.0.1"
    assert mine["token_id"] == verified.token_id
    assert mine["topics"] == ["alerts", "measurements:Maison"]
    assert mine["messages"] == 2  # the greeting and the alert
    assert mine["bytes"] > len(frame)
    assert (mine["lagging"], mine["round_trip_ms"]) == (False, None)
    assert mine["since"].endswith("Z")
    assert mine["token_issued_at"] < mine["token_expires_at"]
    assert (device["subject"], device["role"], device["topics"]) == ("hub", "device", [])


async def test_one_persons_are_found_by_how_the_name_begins(gateway: Running) -> None:
    async with gateway.client("admin") as admin, gateway.dashboard(subject="homer") as homer:
        await heard(homer)
        async with gateway.dashboard(subject="marie") as marie:
            await heard(marie)
            found = await listed(admin, "subject=mar")
            assert ([each["subject"] for each in found["connections"]], found["total"]) == (
                ["marie"],
                1,
            )

        async def she_is_gone() -> bool:
            answer = await admin.get("/api/admin/connections/closed?subject=mar")
            return [each["subject"] for each in answer.json()["closed"]] == ["marie"]

        await until(she_is_gone, within=4)
        assert (await listed(admin, "subject=mar"))["total"] == 0


async def test_how_long_a_ping_takes_there_and_back(start: Start) -> None:
    async with (
        start(heartbeat=0.1, idle_timeout=5) as gateway,
        gateway.client("admin") as admin,
        gateway.dashboard() as socket,
    ):
        await heard(socket)

        async def answered() -> bool:
            (connection,) = (await listed(admin))["connections"]
            trip = connection["round_trip_ms"]
            return trip is not None and 0 <= trip < 1_000

        await until(answered, within=4)


async def test_pages_hold_each_connection_once(gateway: Running) -> None:
    async with (
        gateway.client("admin") as admin,
        gateway.dashboard() as a,
        gateway.dashboard() as b,
        gateway.dashboard() as c,
    ):
        for socket in (a, b, c):
            await heard(socket)
        first = await listed(admin, "limit=2")
        second = await listed(admin, f"limit=2&after={first['after']}")
    ids = [each["id"] for page in (first, second) for each in page["connections"]]
    assert (len(first["connections"]), len(set(ids)), second["after"]) == (2, 3, None)


async def test_a_tenants_admin_sees_its_own_and_the_platforms_all(gateway: Running) -> None:
    async with (
        gateway.client("admin") as ours,
        gateway.client("admin", tenant="*") as operator,
        gateway.dashboard() as one,
        gateway.dashboard(tenant="globex") as other,
    ):
        await heard(one)
        await heard(other)
        assert [each["tenant"] for each in (await listed(ours))["connections"]] == ["acme"]
        (theirs,) = (await listed(operator, "tenant=globex"))["connections"]
        assert (await listed(operator))["total"] == 2
        answer = await ours.get("/api/admin/connections?tenant=globex")
        assert (answer.status_code, error_of(answer.content)["code"]) == (403, "forbidden")
        unknown = await ours.delete(f"/api/admin/connections/{'0' * 32}")
        foreign = await ours.delete(f"/api/admin/connections/{theirs['id']}")
        assert unknown.status_code == foreign.status_code == 404
        told = [{**error_of(each.content), "request_id": ""} for each in (unknown, foreign)]
        assert told[0] == told[1]
        await other.close()
        await one.close()

        async def both_have_ended() -> bool:
            return len(await closed(operator)) == 2

        await until(both_have_ended, within=4)
        assert {each["tenant"] for each in await closed(ours)} == {"acme"}


async def test_who_is_kicked_is_closed_with_4410_and_it_is_told_who_did_it(
    gateway: Running,
) -> None:
    async with (
        gateway.client("admin", tenant="*", subject="root") as operator,
        gateway.client("admin") as admin,
        gateway.dashboard(subject="marie") as socket,
        gateway.dashboard(subject="paul") as other,
    ):
        await heard(socket)
        await heard(other)
        (marie,) = [
            each for each in (await listed(admin))["connections"] if each["subject"] == "marie"
        ]
        kicked = await operator.delete(f"/api/admin/connections/{marie['id']}")
        assert kicked.status_code == 204
        assert await end_of(socket) == (4410, "an operator closed this connection")
        assert [each["subject"] for each in (await listed(admin))["connections"]] == ["paul"]

        async def it_is_told() -> bool:
            return bool(await closed(admin))

        await until(it_is_told, within=4)
        (ending,) = await closed(admin)
        line = (await admin.get("/api/admin/audit")).json()["entries"][0]
    assert (ending["subject"], ending["code"]) == ("marie", 4410)
    assert ending["reason"] == "an operator closed this connection"
    assert (line["act"], line["actor"]) == ("connection_kicked", "root@*")
    assert line["target"] == f"dashboard marie {marie['id']}"


@pytest.mark.parametrize("role", ["dashboard", "device", "service", None])
async def test_it_is_for_admins(gateway: Running, role: str | None) -> None:
    async with gateway.client(role) as other:
        answers = [
            await other.get("/api/admin/connections"),
            await other.get("/api/admin/connections/closed"),
            await other.delete(f"/api/admin/connections/{'0' * 32}"),
        ]
    assert {answer.status_code for answer in answers} == {403 if role else 401}

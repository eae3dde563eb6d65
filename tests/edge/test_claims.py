"""`POST /auth/claim`: a code gives one device one token, and whoever guesses learns nothing."""

import asyncio
import json
from typing import Any

import httpx2
import pytest

from tests.conftest import Running, Start
from tests.edge.test_devices import HUB, change, ingest, post
from tests.edge.wire import error_of


async def claim(gateway: Running, code: object) -> httpx2.Response:
    async with gateway.client() as device:
        return await device.post("/auth/claim", json={"code": code})


@pytest.fixture
async def gateway(start: Start) -> Any:
    async with start(claim_rate_per_ip="1000/minute") as running:
        yield running


async def registered(gateway: Running, **claim: Any) -> dict[str, Any]:
    async with gateway.client("admin", subject="ops") as admin:
        made = await post(admin, "devices", **HUB, claim=claim)
    assert "token" not in made
    found: dict[str, Any] = made["claim"]
    return found


async def test_a_code_becomes_a_token_of_the_device_once(gateway: Running) -> None:
    made = await registered(gateway, ttl=3_600)
    assert made["qr"] == f"IAQVERSE:LOCALHOST:8443/{made['code']}"
    answer = await claim(gateway, made["code"].lower().replace("-", " "))
    body = answer.json()
    assert (answer.status_code, answer.headers["cache-control"]) == (201, "no-store")
    told = {"device": "hub", "tenant": "acme", "sensors": HUB["sensors"], "salle": None}
    assert body.items() >= {**told, "enseigne": "Maison", "interval": 60}.items()
    principal = gateway.verified(body["token"])
    assert principal.expires_at - principal.issued_at == 3_600
    assert await ingest(gateway, body["token"]) == 200
    assert (await claim(gateway, made["code"])).status_code == 401


async def test_of_many_devices_at_once_one_gets_it(gateway: Running) -> None:
    made = await registered(gateway)
    answers = await asyncio.gather(*(claim(gateway, made["code"]) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + 9 * [401]


async def test_all_that_gives_nothing_is_refused_alike(gateway: Running) -> None:
    used = await registered(gateway)
    await claim(gateway, used["code"])
    async with gateway.client("admin") as admin:
        replaced = await post(admin, "devices/hub/claim-code")
        past = await post(admin, "devices/hub/claim-code", life=1)
        await asyncio.sleep(1.1)
        refused = [await claim(gateway, made["code"]) for made in (used, replaced, past)]
        withdrawn = await post(admin, "devices/hub/claim-code")
        await post(admin, "devices/hub/revoke")
        refused.append(await claim(gateway, withdrawn["code"]))
        shut = await post(admin, "devices/hub/claim-code")
        await change(admin, disabled=True)
        refused.append(await claim(gateway, shut["code"]))
    refused += [await claim(gateway, code) for code in ("", "wrong", "00000-00000-00000-00000")]
    told = {
        (answer.status_code, json.dumps({**error_of(answer.content), "request_id": ""}))
        for answer in refused
    }
    ((status, error),) = told
    assert (status, json.loads(error)["code"]) == (401, "claim_refused")
    assert "wrong" not in error


@pytest.mark.parametrize("body", [{}, {"code": 1}, {"code": "x" * 101}, {"code": "x", "id": "y"}])
async def test_what_is_no_claim_is_told_so(gateway: Running, body: dict[str, Any]) -> None:
    async with gateway.client() as device:
        answer = await device.post("/auth/claim", json=body)
    assert (answer.status_code, error_of(answer.content)["code"]) == (422, "invalid")


async def test_guesses_are_limited(start: Start) -> None:
    async with start(claim_rate_per_ip="3/minute") as gateway:
        answers = [await claim(gateway, "guess") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert error_of(answers[-1].content)["limit"] == "claim_rate_per_ip"


async def test_another_tenants_admin_makes_none(gateway: Running) -> None:
    await registered(gateway)
    async with gateway.client("admin", tenant="globex") as theirs:
        answer = await theirs.post("/api/admin/devices/hub/claim-code", json={})
    assert answer.status_code == 404


async def test_a_life_out_of_bounds_is_refused(gateway: Running) -> None:
    async with gateway.client("admin") as admin:
        for wrong in ({"life": 31 * 86_400}, {"ttl": 10**9}):
            answer = await admin.post("/api/admin/devices", json={**HUB, "claim": wrong})
            assert (answer.status_code, error_of(answer.content)["code"]) == (422, "invalid")
        assert (await admin.get("/api/admin/devices")).json()["devices"] == []


async def test_it_is_in_the_audit_and_the_code_is_nowhere(gateway: Running) -> None:
    made = await registered(gateway)
    await claim(gateway, made["code"])
    async with gateway.client("admin") as admin:
        entries = (await admin.get("/api/admin/audit")).json()["entries"]
    acts = {entry["act"]: entry for entry in entries}
    assert acts.keys() == {"device_added", "claim_code_made", "device_claimed", "token_issued"}
    claimed = acts["device_claimed"]
    assert (claimed["target"], claimed["address"]) == ("hub", "127.0.0.1")
    database = gateway.settings.database_path
    stored = b"".join(file.read_bytes() for file in database.parent.glob(f"{database.name}*"))
    for written in (made["code"], made["code"].replace("-", "")):
        assert written.encode() not in stored
        assert written not in json.dumps(entries)

"""`/api/admin/devices` and `/api/admin/tokens`: given out once, listed, rotated, revoked."""

import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.conftest import Running, Start
from tests.edge.wire import end_of, error_of, heard, measurement, past, until
from tests.stack.client_certificates import Authority, certificate_in

HUB = {"id": "hub", "sensors": ["bureau1", "s2"], "enseigne": "Maison", "interval": 60}


@pytest.fixture
async def admin(gateway: Running) -> AsyncIterator[httpx2.AsyncClient]:
    async with gateway.client("admin", subject="ops") as client:
        yield client


async def post(client: httpx2.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"/api/admin/{path}", json=body)
    assert answer.status_code in (201, 204), answer.text
    assert "cache-control" not in answer.headers or answer.headers["cache-control"] == "no-store"
    found: dict[str, Any] = answer.json() if answer.content else {}
    return found


async def change(client: httpx2.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.patch("/api/admin/devices/hub", json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["device"]
    return found


async def ingest(gateway: Running, token: str, **changes: Any) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    async with gateway.client() as client:
        answer = await client.post("/api/ingest", json=measurement(**changes), headers=headers)
    return int(answer.status_code)


async def listed(client: httpx2.AsyncClient, what: str, query: str = "") -> list[dict[str, Any]]:
    answer = await client.get(f"/api/admin/{what}?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()[what]
    return found


async def test_a_device_is_registered_with_a_token_that_names_its_sensors(
    gateway: Running, admin: httpx2.AsyncClient
) -> None:
    made = await post(admin, "devices", **HUB)
    principal = gateway.verified(made["token"])
    assert (principal.subject, principal.tenant) == ("hub", "acme")
    assert principal.sensors == frozenset({"bureau1", "s2"})
    assert principal.token_id == made["token_id"]
    assert await ingest(gateway, made["token"]) == 200
    assert await ingest(gateway, made["token"], sensor_id="s3") == 403
    (device,) = await listed(admin, "devices")
    assert device.items() >= {**HUB, "salle": None, "tenant": "acme", "disabled": False}.items()
    assert [token["id"] for token in device["tokens"]] == [made["token_id"]]
    assert made["token"] not in json.dumps(device)


async def test_an_id_is_made_where_none_is_given(admin: httpx2.AsyncClient) -> None:
    ids = {(await post(admin, "devices", sensors=["s1"]))["device"]["id"] for _ in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"sensors": []}, 422),
        ({"sensors": ["s1"], "id": "a b"}, 422),
        ({"sensors": ["s1"], "id": "x/../y"}, 422),
        ({"sensors": ["s1"], "interval": 0}, 422),
        ({"sensors": ["s1"], "ttl": 10**9}, 422),
        ({"sensors": [f"{number:0120}" for number in range(200)]}, 422),
        ({"sensors": ["s1"], "tenant": "globex"}, 422),
    ],
)
async def test_what_is_no_device_is_refused_and_nothing_kept(
    admin: httpx2.AsyncClient, body: dict[str, Any], status: int
) -> None:
    answer = await admin.post("/api/admin/devices", json=body)
    assert (answer.status_code, error_of(answer.content)["code"]) == (status, "invalid")
    assert await listed(admin, "devices") == []


async def test_an_id_is_given_once(admin: httpx2.AsyncClient) -> None:
    await post(admin, "devices", **HUB)
    again = await admin.post("/api/admin/devices", json=HUB)
    assert (again.status_code, error_of(again.content)["code"]) == (409, "conflict")


async def test_after_a_rotation_both_tokens_are_good_until_the_grace_ends(
    gateway: Running, admin: httpx2.AsyncClient
) -> None:
    first = await post(admin, "devices", **HUB)
    second = await post(admin, "devices/hub/rotate", grace=4)
    found = {token["id"]: token for token in await listed(admin, "tokens")}
    newest, former = found[second["token_id"]], found[first["token_id"]]
    ends = datetime.fromisoformat(former["ends_at"]).timestamp()
    assert 0 < ends - time.time() <= 4
    assert newest["ends_at"] == newest["expires_at"]
    for token in (first, second):
        assert await ingest(gateway, token["token"]) == 200

    async def refused() -> bool:
        return await ingest(gateway, first["token"]) == 401

    await past(ends)
    await until(refused, within=1.2)  # the gateway looks each second
    assert await ingest(gateway, second["token"]) == 200


async def test_without_grace_the_former_one_is_refused_at_once(
    gateway: Running, admin: httpx2.AsyncClient
) -> None:
    first = await post(admin, "devices", **HUB)
    second = await post(admin, "devices/hub/rotate", grace=0, ttl=60)
    assert await ingest(gateway, first["token"]) == 401
    assert await ingest(gateway, second["token"]) == 200
    assert [token["id"] for token in (await listed(admin, "devices"))[0]["tokens"]] == [
        second["token_id"]
    ]


async def test_a_revoked_device_is_out_at_once_and_comes_back_by_a_rotation(
    gateway: Running, admin: httpx2.AsyncClient
) -> None:
    made = await post(admin, "devices", **HUB)
    async with gateway.device(token=made["token"]) as stream:
        await heard(stream)
        await post(admin, "devices/hub/revoke")
        assert (await end_of(stream, within=2))[0] == 4401
    assert await ingest(gateway, made["token"]) == 401
    again = await post(admin, "devices/hub/rotate")
    assert await ingest(gateway, again["token"]) == 200


async def test_a_disabled_device_is_out_until_it_is_enabled(
    gateway: Running, admin: httpx2.AsyncClient
) -> None:
    made = await post(admin, "devices", **HUB)
    for disabled, status in ((True, 401), (False, 200)):
        await change(admin, disabled=disabled)
        assert await ingest(gateway, made["token"]) == status


async def test_what_it_is_may_change_and_its_next_token_names_the_new_sensors(
    gateway: Running, admin: httpx2.AsyncClient
) -> None:
    made = await post(admin, "devices", **HUB)
    changed = await change(admin, sensors=["s9"], enseigne=None, salle="Bureau")
    told = {"sensors": ["s9"], "enseigne": None, "salle": "Bureau", "interval": 60}
    assert changed.items() >= told.items()
    assert await ingest(gateway, made["token"]) == 200
    rotated = await post(admin, "devices/hub/rotate")
    assert await ingest(gateway, rotated["token"]) == 403
    assert await ingest(gateway, rotated["token"], sensor_id="s9") == 200
    mistakes: list[dict[str, Any]] = [
        {"sensors": []},
        {"interval": 0},
        {"id": "x"},
        {"disabled": None},
    ]
    for wrong in mistakes:
        answer = await admin.patch("/api/admin/devices/hub", json=wrong)
        assert (answer.status_code, error_of(answer.content)["code"]) == (422, "invalid")


async def test_a_services_token_is_made_rotated_and_revoked(
    gateway: Running, admin: httpx2.AsyncClient
) -> None:
    new = {"role": "service", "subject": "predictor", "ttl": 3_600, "topics": ["alerts:Maison"]}
    first = await post(admin, "tokens", **new)
    second = await post(admin, f"tokens/{first['token_id']}/rotate", grace=0)
    one, other = (gateway.verified(each["token"]) for each in (first, second))
    assert (other.subject, other.topics, other.role) == (one.subject, one.topics, one.role)
    alert = {"enseigne": "Maison", "salle": "B", "severity": "info", "state": "raised"}
    for made, status in ((first, 401), (second, 200)):
        async with gateway.client() as client:
            answer = await client.post(
                "/api/publish/alerts",
                json={**alert, "message": "x"},
                headers={"Authorization": f"Bearer {made['token']}"},
            )
        assert answer.status_code == status
    await post(admin, f"tokens/{second['token_id']}/revoke")
    ended = await listed(admin, "tokens", "role=service")
    now = datetime.fromtimestamp(time.time() + 1).astimezone()
    assert all(datetime.fromisoformat(token["ends_at"]) < now for token in ended)


async def test_an_admins_token_works_and_is_short(
    gateway: Running, admin: httpx2.AsyncClient
) -> None:
    made = await post(admin, "tokens", role="admin", subject="second", ttl=600)
    headers = {"Authorization": f"Bearer {made['token']}"}
    async with gateway.client() as client:
        answer = await client.get("/api/admin/tokens", headers=headers)
    assert answer.status_code == 200
    longest = await admin.post(
        "/api/admin/tokens", json={"role": "admin", "subject": "x", "ttl": 12 * 3_600 + 1}
    )
    assert longest.status_code == 422
    for role in ("device", "dashboard"):
        other = await admin.post(
            "/api/admin/tokens", json={"role": role, "subject": "x", "ttl": 60}
        )
        assert other.status_code == 422


async def test_last_use_address_and_clock_are_listed(start: Start) -> None:
    async with start() as gateway, gateway.client("admin") as admin:
        made = await post(admin, "devices", **HUB)
        (token,) = (await listed(admin, "devices"))[0]["tokens"]
        assert (token["last_used_at"], token["clock_offset_ms"]) == (None, None)
        late = datetime.fromtimestamp(time.time() - 60).astimezone().isoformat()
        assert await ingest(gateway, made["token"], timestamp=late) == 200
    async with start() as gateway, gateway.client("admin") as admin:  # written at the stop
        (token,) = (await listed(admin, "devices"))[0]["tokens"]
    assert token["last_address"] == "127.0.0.1"
    assert time.time() - datetime.fromisoformat(token["last_used_at"]).timestamp() < 60
    assert -90_000 < token["clock_offset_ms"] < -57_000


async def test_a_tenants_admin_manages_its_own_alone(gateway: Running) -> None:
    async with (
        gateway.client("admin") as ours,
        gateway.client("admin", tenant="globex") as theirs,
        gateway.client("admin", tenant="*") as platform,
    ):
        made = await post(ours, "devices", **HUB)
        for what in ("devices", "tokens"):
            assert await listed(theirs, what) == []
            assert (await theirs.get(f"/api/admin/{what}?tenant=acme")).status_code == 403
            assert len(await listed(platform, what, "tenant=acme")) == 1
            assert await listed(platform, what) == []
        paths = ["devices/hub/rotate", f"tokens/{made['token_id']}/rotate"]
        paths += [path.replace("rotate", "revoke") for path in paths]
        for query, status in (("", 404), ("?tenant=acme", 403)):
            changed = await theirs.patch(f"/api/admin/devices/hub{query}", json={"disabled": True})
            assert changed.status_code == status
        for path in paths:
            unknown = await theirs.post(f"/api/admin/{path}", json={})
            assert (unknown.status_code, error_of(unknown.content)["code"]) == (404, "not_found")
            foreign = await theirs.post(f"/api/admin/{path}?tenant=acme", json={})
            assert foreign.status_code == 403
        assert await ingest(gateway, made["token"]) == 200
        await post(platform, "devices/hub/revoke?tenant=acme")
        assert await ingest(gateway, made["token"]) == 401


@pytest.mark.parametrize("role", ["dashboard", "device", "service", None])
async def test_nobody_but_admins_comes_here(gateway: Running, role: str | None) -> None:
    async with gateway.client(role) as other:
        for path in ("devices", "tokens"):
            for method in ("GET", "POST"):
                answer = await other.request(method, f"/api/admin/{path}", json={})
                assert answer.status_code == (403 if role else 401)


async def test_pages_hold_each_once(admin: httpx2.AsyncClient) -> None:
    for number in range(5):
        await post(admin, "devices", id=f"d{number}", sensors=["s1"])
    for what, cursor in (("devices", "after"), ("tokens", "before")):
        found: list[str] = []
        query = "limit=2"
        while True:
            page = (await admin.get(f"/api/admin/{what}?{query}")).json()
            found += [each["id"] for each in page[what]]
            if page[cursor] is None:
                break
            query = f"limit=2&{cursor}={page[cursor]}"
        assert len(found) == len(set(found)) == 5


async def test_every_act_is_in_the_audit_and_no_token_is(
    gateway: Running, admin: httpx2.AsyncClient
) -> None:
    made = [await post(admin, "devices", **HUB), await post(admin, "devices/hub/rotate")]
    made.append(await post(admin, "tokens", role="service", subject="svc", ttl=60))
    made.append(await post(admin, f"tokens/{made[-1]['token_id']}/rotate"))
    await post(admin, f"tokens/{made[-1]['token_id']}/revoke")
    await post(admin, "devices/hub/revoke")
    for changes in ({"disabled": True}, {"disabled": True}, {"disabled": False, "interval": 5}):
        await change(admin, **changes)
    entries = (await admin.get("/api/admin/audit")).json()["entries"]
    assert Counter(entry["act"] for entry in entries) == {
        "device_added": 1, "device_rotated": 1, "device_revoked": 1, "device_disabled": 1,
        "device_enabled": 1, "device_changed": 1, "token_issued": 4, "token_rotated": 1,
        "token_revoked": 1,
    }  # fmt: skip
    assert {(entry["actor"], entry["address"]) for entry in entries} == {("ops", "127.0.0.1")}
    database = gateway.settings.database_path
    stored = b"".join(file.read_bytes() for file in database.parent.glob(f"{database.name}*"))
    for each in made:
        assert each["token"] not in json.dumps(entries)
        assert each["token"].rpartition(".")[2].encode() not in stored


async def test_a_certificate_is_registered_once_and_listed_like_a_token(
    gateway: Running, admin: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await post(admin, "devices", **HUB)
    authority = Authority(tmp_path)
    pem = certificate_in(authority.sign("hub"))
    made = await post(admin, "devices/hub/certificate", certificate=pem)
    token_ids = {token["id"] for token in await listed(admin, "tokens")}
    assert made["token_id"].startswith("cert-")
    assert made["token_id"] in token_ids
    past = certificate_in(authority.sign("past", life=timedelta(seconds=-1)))
    for device, shown, status in (
        ("hub", pem, 409),
        ("hub", past, 422),
        ("hub", "-----BEGIN CERTIFICATE-----", 422),
        ("hub", "é", 422),
        ("box", pem, 404),
    ):
        answer = await admin.post(
            f"/api/admin/devices/{device}/certificate", json={"certificate": shown}
        )
        assert answer.status_code == status
    async with gateway.client("admin", tenant="globex") as theirs:
        answer = await theirs.post(
            "/api/admin/devices/hub/certificate",
            json={"certificate": certificate_in(authority.path)},
        )
        assert answer.status_code == 404

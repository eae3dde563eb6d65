"""`/api/alerts`: docs/protocol.md §3.6."""

import json
from typing import Any

import pytest

from app.iaq.rules import DEFAULT_RULES
from tests.conftest import Running
from tests.edge.wire import error_of, heard

RULE = {"id": "loud", "quantity": "CO2", "side": "above", "threshold": 1000, "severity": "warning"}
LOUD = {"sensor_id": "s1", "enseigne": "Maison", "salle": "Bureau", "values": {"CO2": 1300}}


async def set_rules(gateway: Running, *rules: dict[str, Any], headers: Any = None) -> str:
    async with gateway.client("admin") as admin:
        answer = await admin.put("/api/alerts/rules", json={"rules": rules}, headers=headers)
    assert answer.status_code == 200, answer.text
    etag: str = answer.headers["etag"]
    return etag


async def alerts(gateway: Running, query: str = "", **person: Any) -> list[dict[str, Any]]:
    async with gateway.client("dashboard", **person) as dashboard:
        answer = await dashboard.get(f"/api/alerts?{query}")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["alerts"]
    return found


async def test_an_alert_goes_its_way_from_a_measurement_to_everybody_who_watches(
    gateway: Running,
) -> None:
    await set_rules(gateway, RULE)
    async with (
        gateway.client("device") as device,
        gateway.client("dashboard") as person,
        gateway.dashboard("?topics=alerts") as socket,
    ):
        await heard(socket)
        await device.post("/api/ingest", json=LOUD)
        raised = await heard(socket)
        assert (raised["type"], raised["state"], raised["rule"]) == ("alert", "raised", "loud")
        (listed,) = (await person.get("/api/alerts?state=open")).json()["alerts"]
        assert listed["alert_id"] == raised["alert_id"]
        assert listed["acknowledged_by"] is listed["acknowledged_at"] is None
        path = f"/api/alerts/{raised['alert_id']}/acknowledge"
        acknowledged = await person.post(path)
        assert acknowledged.json()["acknowledged_by"] == "someone"
        assert (await heard(socket))["acknowledged_by"] == "someone"
        await device.post("/api/ingest", json=LOUD | {"values": {"CO2": 600}})
        assert (await heard(socket))["state"] == "resolved"
        assert (await person.get("/api/alerts?state=open")).json() == {"alerts": [], "before": None}
        (ended,) = (await person.get("/api/alerts")).json()["alerts"]
        assert (ended["state"], ended["value"]) == ("resolved", 600)
        late = await person.post(path)
        assert (late.status_code, error_of(late.content)["code"]) == (409, "conflict")


async def test_alerts_come_by_page_the_newest_first(gateway: Running) -> None:
    await set_rules(gateway, RULE)
    async with gateway.client("device") as device, gateway.dashboard("?topics=alerts") as socket:
        await heard(socket)
        for number in range(3):
            await device.post("/api/ingest", json=LOUD | {"sensor_id": f"s{number}"})
            await heard(socket)
    async with gateway.client("dashboard") as person:
        first = (await person.get("/api/alerts?limit=2")).json()
        rest = (await person.get(f"/api/alerts?limit=2&before={first['before']}")).json()
    assert [each["sensor_id"] for each in first["alerts"] + rest["alerts"]] == ["s2", "s1", "s0"]
    assert rest["before"] is None


async def test_who_is_narrowed_sees_and_acknowledges_no_other_alert(gateway: Running) -> None:
    await set_rules(gateway, RULE)
    async with gateway.client("device") as device, gateway.dashboard("?topics=alerts") as socket:
        await heard(socket)
        await device.post("/api/ingest", json=LOUD)
        alert_id = (await heard(socket))["alert_id"]
    assert len(await alerts(gateway, sensors=["s1"])) == 1
    for narrowed in ({"sensors": ["s2"]}, {"topics": ["measurements"]}, {"tenant": "other"}):
        assert await alerts(gateway, **narrowed) == []
        async with gateway.client("dashboard", **narrowed) as person:
            answer = await person.post(f"/api/alerts/{alert_id}/acknowledge")
        assert answer.status_code == 404


async def test_rules_are_the_defaults_until_they_are_changed_and_again_when_taken_back(
    gateway: Running,
) -> None:
    async with gateway.client("admin") as admin, gateway.client("dashboard") as person:
        before = await person.get("/api/alerts/rules")
        assert before.json()["own"] is False
        assert [each["id"] for each in before.json()["rules"]] == [
            each.id for each in DEFAULT_RULES
        ]
        assert "etag" not in before.headers
        assert await set_rules(gateway, RULE) == '"1"'
        after = await person.get("/api/alerts/rules")
        assert after.json() == {"rules": [RULE], "own": True, "version": 1}
        assert after.headers["etag"] == '"1"'
        gone = await admin.delete("/api/alerts/rules", headers={"If-Match": '"1"'})
        assert gone.status_code == 204
        assert (await person.get("/api/alerts/rules")).json() == before.json()
        lines = (await admin.get("/api/admin/audit")).json()["entries"]
    assert [each["act"] for each in lines][:2] == ["alert_rules_changed"] * 2


async def test_of_two_who_change_the_same_rules_one_is_told(gateway: Running) -> None:
    etag = await set_rules(gateway, RULE, headers={"If-None-Match": "*"})
    async with gateway.client("admin") as admin:
        for headers in ({"If-None-Match": "*"}, {"If-Match": '"7"'}):
            late = await admin.put("/api/alerts/rules", json={"rules": []}, headers=headers)
            assert (late.status_code, error_of(late.content)["code"]) == (412, "changed_meanwhile")
        for headers in ({"If-Match": "*"}, {"If-Match": 'W/"1"'}, {"If-None-Match": '"1"'}):
            wrong = await admin.put("/api/alerts/rules", json={"rules": []}, headers=headers)
            assert wrong.status_code == 400
    assert await set_rules(gateway, headers={"If-Match": etag}) == '"2"'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rules": [RULE | {"severity": "dire"}]}, "rules"),
        ({"rules": [RULE, RULE]}, "own"),
        ({"rules": [RULE | {"id": str(number)} for number in range(201)]}, "200"),
        ({}, "rules"),
    ],
)
async def test_rules_that_are_none_are_refused_and_change_nothing(
    gateway: Running, body: Any, said: str
) -> None:
    async with gateway.client("admin") as admin:
        answer = await admin.put("/api/alerts/rules", json=body)
        assert answer.status_code == 422
        assert said in json.dumps(error_of(answer.content))
        assert (await admin.get("/api/alerts/rules")).json()["own"] is False


async def test_who_watches_all_may_change_rules_and_who_is_narrowed_may_not(
    gateway: Running,
) -> None:
    async with gateway.client("dashboard", subject="marie") as person:
        assert (await person.put("/api/alerts/rules", json={"rules": []})).status_code == 200
    async with gateway.client("admin") as admin:
        (line, *_) = (await admin.get("/api/admin/audit")).json()["entries"]
        assert (line["act"], line["actor"]) == ("alert_rules_changed", "marie")
    narrowed = [{"topics": ["all"]}, {"sensors": ["s1"]}]
    for role, claims in [("device", {}), ("service", {}), *(("dashboard", n) for n in narrowed)]:
        async with gateway.client(role, **claims) as person:
            assert (await person.put("/api/alerts/rules", json={"rules": []})).status_code == 403
            assert (await person.delete("/api/alerts/rules")).status_code == 403


async def test_a_tenant_s_people_ask_for_no_other_tenant(gateway: Running) -> None:
    for role in ("dashboard", "admin"):
        async with gateway.client(role) as person:
            for path in ("/api/alerts", "/api/alerts/rules"):
                assert (await person.get(f"{path}?tenant=other")).status_code == 403
    async with gateway.client("admin", tenant="*") as platform:
        put = await platform.put("/api/alerts/rules?tenant=acme", json={"rules": [RULE]})
        assert put.status_code == 200
    async with gateway.client("dashboard") as person:
        assert (await person.get("/api/alerts/rules")).json()["own"] is True

"""No message, count, error or position tells one tenant of another."""

from tests.conftest import Running
from tests.edge.wire import NOTICES, assert_silence, heard, measurement, refusal_of, say


async def fill(gateway: Running, tenant: str) -> str:
    """A measurement and a notice of each kind; the last one's position."""
    async with gateway.client("device", tenant=tenant) as device:
        await device.post("/api/ingest", json=measurement(sensor_id=f"{tenant}-1"))
    async with gateway.client("service", tenant=tenant) as service:
        for topic, notice in NOTICES.items():
            answer = await service.post(f"/api/publish/{topic}", json=notice)
    position: str = answer.json()["position"]
    return position


async def test_a_socket_hears_its_own_tenant_alone(gateway: Running) -> None:
    async with (
        gateway.dashboard(tenant="acme") as ours,
        gateway.dashboard(tenant="globex") as theirs,
    ):
        assert (await heard(ours))["tenant"] == "acme"
        assert (await heard(theirs))["tenant"] == "globex"
        await fill(gateway, "globex")
        await assert_silence(ours)
        assert (await heard(theirs))["sensor_id"] == "globex-1"


async def test_history_and_messages_show_their_own_tenant_alone(gateway: Running) -> None:
    await fill(gateway, "globex")
    async with gateway.client("dashboard", tenant="acme") as ours:
        everything = {"start": "2001-01-01T00:00:00Z"}
        for step in ("raw", "daily"):
            answer = await ours.get("/api/iaq/data", params={**everything, "step": step})
            assert answer.json() == []
        named = await ours.get("/api/iaq/data", params={**everything, "sensor_id": "globex-1"})
        assert named.json() == []
        assert (await ours.get("/api/messages")).json()["messages"] == []


async def test_a_position_of_another_tenant_is_no_position(gateway: Running) -> None:
    theirs = await fill(gateway, "globex")
    ours = await fill(gateway, "acme")
    assert theirs.partition("-")[0] != ours.partition("-")[0]
    async with gateway.client("dashboard", tenant="acme") as dashboard:
        page = (await dashboard.get("/api/messages", params={"after": theirs})).json()
    assert (page["recovered"], page["position"]) == (False, ours)
    assert {message["position"].partition("-")[0] for message in page["messages"]} == {
        ours.partition("-")[0]
    }


async def test_the_same_sensor_and_time_are_two_things_in_two_tenants(gateway: Running) -> None:
    for tenant, co2 in (("acme", 500), ("globex", 900)):
        async with gateway.client("device", tenant=tenant) as device:
            answer = await device.post("/api/ingest", json=measurement(values={"CO2": co2}))
            assert answer.json()["status"] == "stored"


async def test_a_tenants_admin_counts_its_own_and_the_platforms_all(gateway: Running) -> None:
    async with (
        gateway.dashboard("?topics=alerts", tenant="acme") as ours,
        gateway.dashboard(tenant="globex") as theirs,
    ):
        await heard(ours)
        await heard(theirs)
        counts = {}
        for tenant in ("acme", "globex", "initech", "*"):
            async with gateway.client("admin", tenant=tenant) as admin:
                stats = (await admin.get("/ws/stats")).json()
            topics = stats["subscriptions"]
            counts[tenant] = (stats["active_connections"], topics["alerts"], topics["all"])
    assert counts == {"acme": (1, 1, 0), "globex": (1, 0, 1), "initech": (0, 0, 0), "*": (2, 1, 1)}


async def test_errors_are_the_same_whether_another_tenant_has_it_or_not(gateway: Running) -> None:
    await fill(gateway, "globex")
    answers = []
    for tenant in ("globex", "nobody"):
        async with gateway.client("device", tenant="acme") as device:
            answer = await device.post("/api/ingest", json=measurement(tenant=tenant))
        error = answer.json()["error"]
        answers.append((answer.status_code, {**error, "request_id": ""}))
    assert answers[0] == answers[1]

    narrowed = {"topics": ["measurements:Bistrot"]}
    told = []
    for place in ("Maison", "Nowhere"):
        query = f"?topics=measurements:{place}"
        status, _, error = await refusal_of(gateway.dashboard(query, tenant="acme", **narrowed))
        told.append((status, {**error, "request_id": ""}))
    assert told[0] == told[1]


async def test_a_subscription_never_spells_a_tenant(gateway: Running) -> None:
    async with gateway.dashboard(tenant="acme") as ours:
        await heard(ours)
        for topic in ("globex:measurements", "globex/measurements", "measurements@globex"):
            answer = await say(ours, type="subscribe", topics=[topic])
            assert answer["code"] == "invalid_topic"
        answer = await say(ours, type="subscribe", topics=["measurements"], tenant="globex")
        assert answer["type"] in ("subscribed", "error")
        await fill(gateway, "globex")
        await assert_silence(ours)

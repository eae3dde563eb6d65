"""What happens at random in a tenant; each operation knows what must come of it."""

import json
from collections.abc import Awaitable, Callable
from itertools import count
from typing import Any

from websockets.asyncio.client import connect as open_socket

from tests.conftest import ORIGIN
from tests.edge.wire import error_of, until
from tests.isolation.model import MARKS, PLACES, SENSORS, TOPICS, Kept, seen, subscriptions
from tests.isolation.registry import REGISTRY
from tests.isolation.tenant import GRANTS, PATIENCE, Socket, Tenant

MOST_SOCKETS = 6
CHOICES = ("all", "measurements", "measurements:Maison", "alerts", "all:Maison/Bureau", "modules")
_marks = count()


def _measurement(tenant: Tenant) -> dict[str, Any]:
    """Of few sensors, places, times and values: what the tenants send is often alike."""
    rng = tenant.rng
    enseigne, salle = rng.choice(PLACES)
    return {
        "sensor_id": rng.choice(SENSORS),
        "enseigne": enseigne,
        "salle": salle,
        "timestamp": f"2025-11-{rng.randint(1, 9):02}T10:{rng.randint(0, 39):02}:00Z",
        "values": {"CO2": rng.choice((500, 600))},
    }


def _keep(tenant: Tenant, sent: dict[str, Any], answer: dict[str, Any]) -> None:
    """What a measurement has to be answered with, by what the tenant itself sent before."""
    key = sent["sensor_id"], sent["timestamp"]
    before = tenant.model.readings.get(key)
    content = (sent["enseigne"], sent["salle"], sent["values"])
    if before is None:
        assert answer["status"] == "stored"
        kept = Kept(answer["position"], "measurements", *content[:2], key[0], content[2], key[1])
        tenant.model.readings[key] = kept
        tenant.publish(kept)
    elif (before.enseigne, before.salle, before.content) == content:
        assert (answer["status"], answer["position"]) == ("duplicate", before.position)
    else:
        assert answer["error"]["code"] == "measurement_exists"


async def ingest(tenant: Tenant) -> None:
    sent = _measurement(tenant)
    answer = await tenant.ask("POST", "/api/ingest", "device", json=sent)
    _keep(tenant, sent, answer.json())


async def batch(tenant: Tenant) -> None:
    sent = [_measurement(tenant) for _ in range(tenant.rng.randint(2, 6))]
    answer = await tenant.ask("POST", "/api/ingest", "device", json=sent)
    for one, result in zip(sent, answer.json()["results"], strict=True):
        _keep(tenant, one, result)


async def publish(tenant: Tenant) -> None:
    rng = tenant.rng
    topic = rng.choice(TOPICS[1:])
    enseigne, salle = rng.choice(PLACES)
    mark = f"secret of {tenant.name} {next(_marks)}"
    members: dict[str, dict[str, Any]] = {
        "predictions": {"horizon_minutes": 5, "values": {"CO2": 500}},
        "actions": {"action": "open_window"},
        "alerts": {"severity": "info", "state": "raised"},
        "modules": {"kind": "window", "state": "open"},
    }
    body = {"enseigne": enseigne, "salle": salle, **members[topic], MARKS[topic]: mark}
    sensor = rng.choice((None, *SENSORS))
    if sensor is not None:
        body["sensor_id"] = sensor
    answer = await tenant.ask("POST", f"/api/publish/{topic}", "service", json=body)
    tenant.publish(Kept(answer.json()["position"], topic, enseigne, salle, sensor, mark))


async def connect(tenant: Tenant) -> None:
    """By the token itself, or by a ticket for it."""
    if len(tenant.sockets) >= MOST_SOCKETS:
        await leave(tenant)
        return
    granted = tenant.rng.choice(GRANTS)
    token = tenant.token("dashboard", granted)
    topics = frozenset({tenant.rng.choice(CHOICES[:3])})
    query = f"?topics={','.join(topics)}"
    if tenant.rng.random() < 0.5:
        wire = await tenant.gateway.dashboard(query, token=token, compression=None)
    else:
        given = await tenant.ask("POST", "/auth/ws-ticket", "dashboard", granted)
        query += f"&ticket={given.json()['ticket']}"
        wire = await open_socket(
            f"ws://127.0.0.1:{tenant.gateway.port}/ws{query}",
            origin=ORIGIN,  # type: ignore[arg-type]  # a NewType of str
            ping_interval=None,
            compression=None,
        )
    socket = Socket(wire, granted, token, topics)
    greeting = await tenant.hear(socket)
    assert (greeting["tenant"], greeting["subscriptions"]) == (tenant.name, sorted(topics))
    if tenant.model.log:
        assert greeting["position"] == tenant.model.log[-1].position
    tenant.sockets.append(socket)


async def leave(tenant: Tenant) -> None:
    if tenant.sockets:
        socket = tenant.sockets.pop(tenant.rng.randrange(len(tenant.sockets)))
        await socket.wire.close()


async def listen(tenant: Tenant) -> None:
    for socket in tenant.sockets:
        await tenant.listen(socket)


async def subscribe(tenant: Tenant) -> None:
    """To what is new, or to what came after a position of its own or of another's."""
    if not tenant.sockets:
        return
    rng, log = tenant.rng, tenant.model.log
    socket = rng.choice(tenant.sockets)
    topic = rng.choice(CHOICES)
    own = rng.choice(log).position if log else None
    foreign = tenant.loot.anothers("position", tenant.name, rng)
    after = rng.choice((None, own, foreign))
    command = {"type": "subscribe", "topics": [topic], **({"after": after} if after else {})}
    answer = await tenant.say(socket, **command)
    if answer["type"] == "error":
        assert (answer["code"], socket.granted.topics is None) == ("forbidden", False)
        return
    assert answer.get("recovered", False) == (after is not None and after == own)
    socket.topics |= {topic}
    assert answer["topics"] == sorted(socket.topics)
    if after is not None and after == own:
        missed = tenant.model.visible(frozenset({topic}), socket.granted, after)
        socket.owe(missed)
        await tenant.listen(socket)


async def unsubscribe(tenant: Tenant) -> None:
    subscribed = [socket for socket in tenant.sockets if socket.topics]
    if subscribed:
        socket = tenant.rng.choice(subscribed)
        gone = sorted(socket.topics)[:1]
        answer = await tenant.say(socket, type="unsubscribe", topics=gone)
        socket.topics -= set(gone)
        assert answer["topics"] == sorted(socket.topics)


async def speak_for_another(tenant: Tenant) -> None:
    """A socket renewed with another tenant's token stays what it is."""
    foreign = tenant.loot.anothers("token", tenant.name, tenant.rng)
    if foreign and tenant.sockets:
        socket = tenant.rng.choice(tenant.sockets)
        answer = await tenant.say(socket, type="auth", token=foreign)
        assert answer["code"] in ("forbidden", "unauthenticated")
        await tenant.listen(socket)  # what is not bad in a row


async def poll(tenant: Tenant) -> None:
    rng, log = tenant.rng, tenant.model.log
    granted, topic, limit = rng.choice(GRANTS), rng.choice(CHOICES[:3]), rng.choice((1, 20, 1_000))
    own = rng.choice(log).position if log else None
    foreign = tenant.loot.anothers("position", tenant.name, rng)
    after = rng.choice((own, own, foreign, "0123456789ab-1", "junk"))
    query = {"topics": topic, "limit": limit, **({"after": after} if after else {})}
    answer = (await tenant.ask("GET", "/api/messages", "dashboard", granted, params=query)).json()
    recovered = after is not None and after == own
    expected = tenant.model.visible(frozenset({topic}), granted, after if recovered else None)
    page = expected[:limit] if recovered else expected[-limit:]
    assert [seen(message) for message in answer["messages"]] == [kept.seen() for kept in page]
    more = recovered and len(expected) > limit
    assert (answer["recovered"], answer["more"]) == (recovered, more)
    if log:
        assert answer["position"] == (page[-1] if more else log[-1]).position


async def history(tenant: Tenant) -> None:
    rng = tenant.rng
    granted, enseigne = rng.choice(GRANTS), rng.choice((None, "Maison", "Bistrot"))
    limit = rng.choice((3, 50))
    query = {"start": "2001-01-01T00:00:00Z", "limit": limit}
    query |= {"enseigne": enseigne} if enseigne else {}
    answer = await tenant.ask("GET", "/api/iaq/data", "dashboard", granted, params=query)
    told = [seen(message) for message in answer.json()]
    assert told == [kept.seen() for kept in tenant.model.history(granted, enseigne, limit)]


async def foreign_history(tenant: Tenant) -> None:
    """A position of another's is answered like one that nobody ever had."""
    foreign = tenant.loot.anothers("position", tenant.name, tenant.rng)
    if foreign:
        told = [
            await tenant.ask("GET", "/api/iaq/data", "dashboard", params={"after": after})
            for after in (foreign, "0123456789ab-1")
        ]
        assert [answer.status_code for answer in told] == [422, 422]
        errors = [{**error_of(answer.content), "request_id": ""} for answer in told]
        assert errors[0] == errors[1]


async def statistics(tenant: Tenant) -> None:
    """What closes may be counted for a moment after its client has gone."""
    expected = {
        "active_connections": len(tenant.sockets),
        "subscriptions": subscriptions([socket.topics for socket in tenant.sockets]),
    }

    async def counted() -> bool:
        return bool((await tenant.ask("GET", "/ws/stats", "admin")).json() == expected)

    await until(counted, PATIENCE)


async def connections(tenant: Tenant) -> None:
    expected = sorted(tenant.gateway.verified(socket.token).token_id for socket in tenant.sockets)

    async def listed() -> bool:
        page = (await tenant.ask("GET", "/api/admin/connections", "admin")).json()
        for each in page["connections"]:
            assert each["tenant"] == tenant.name
            tenant.loot.add("connection", tenant.name, each["id"])
        return sorted(each["token_id"] for each in page["connections"]) == expected

    await until(listed, PATIENCE)
    closed = await tenant.ask("GET", "/api/admin/connections/closed", "admin")
    assert {each["tenant"] for each in closed.json()["closed"]} <= {tenant.name}


async def foreign_names(tenant: Tenant) -> None:
    """Another's connection, user or tenant is answered like one that there never was."""
    rng = tenant.rng
    other = rng.choice([name for name in tenant.loot.canaries if name != tenant.name])
    kind, method, path, body = rng.choice(
        (
            ("connection", "DELETE", "/api/admin/connections/{}", None),
            ("user", "PATCH", "/api/admin/users/{}", {"disabled": True}),
            ("user", "POST", "/api/admin/users/{}/sign-out", None),
            ("device", "POST", "/api/admin/devices/{}/revoke", None),
            ("device", "POST", "/api/admin/devices/{}/claim-code", {}),
        )
    )
    foreign = tenant.loot.anothers(kind, tenant.name, rng)
    if foreign is None:
        return
    told = []
    for name in (foreign, "f" * len(foreign)):
        answer = await tenant.ask(method, path.format(name), "admin", json=body)
        told.append((answer.status_code, {**error_of(answer.content), "request_id": ""}))
    assert told[0] == told[1]
    assert told[0][0] == 404
    for name in (other, "nobody"):
        answer = await tenant.ask(
            method, f"{path.format(foreign)}?tenant={name}", "admin", json=body
        )
        assert answer.status_code == 403


async def foreign_revocation(tenant: Tenant) -> None:
    """What it revokes by another's names is its own, which there is not."""
    kind, thing = tenant.rng.choice((("token", "token id"), ("user", "user"), ("device", "device")))
    name = tenant.loot.anothers(thing, tenant.name, tenant.rng)
    if name is not None:
        body = {"kind": kind, "name": name}
        answer = await tenant.ask("POST", "/api/admin/revocations", "admin", json=body)
        assert answer.status_code == 204


async def revocation(tenant: Tenant) -> None:
    """Of a dashboard's token: its sockets end, and nobody else's."""
    granted = tenant.rng.choice(GRANTS)
    token = tenant.token("dashboard", granted)
    await listen(tenant)
    body = {"kind": "token", "name": tenant.gateway.verified(token).token_id}
    await tenant.ask("POST", "/api/admin/revocations", "admin", json=body)
    refused = await tenant.ask("GET", "/api/messages", "dashboard", granted)
    assert refused.status_code == 401
    del tenant.tokens["dashboard", granted]
    await tenant.ends([each for each in tenant.sockets if each.token == token], 4401)
    await listen(tenant)


async def disabling(tenant: Tenant) -> None:
    """The tenant as a whole, and enabled again: all its own are out, and nobody else."""
    operator = {"Authorization": f"Bearer {tenant.gateway.token('admin', tenant='*')}"}
    path = f"/api/admin/tenants/{tenant.name}"
    await listen(tenant)
    async with tenant.gateway.client() as client:
        await client.patch(path, headers=operator, json={"disabled": True})
        for role, path_of in (("dashboard", "/api/messages"), ("admin", "/ws/stats")):
            assert (await tenant.ask("GET", path_of, role)).status_code == 401
        await tenant.ends(list(tenant.sockets), 4403)
        await client.patch(path, headers=operator, json={"disabled": False})


async def users(tenant: Tenant) -> None:
    """A person of a name that only this tenant has, or one that all of them have."""
    rng, known = tenant.rng, tenant.model.users
    names = ("marie", f"person-{tenant.number}")
    name = rng.choice(names)
    if name in known:
        known[name] = not known[name]
        body: dict[str, Any] = {"disabled": known[name]}
        answer = await tenant.ask("PATCH", f"/api/admin/users/{name}", "admin", json=body)
        assert (answer.status_code, answer.json()["disabled"]) == (200, known[name])
    else:
        body = {"name": name, "password": "a window that is open"}
        answer = await tenant.ask("POST", "/api/admin/users", "admin", json=body)
        assert answer.status_code == 201
        known[name] = False
        tenant.loot.add("user", tenant.name, names[1])
    told = (await tenant.ask("GET", "/api/admin/users", "admin")).json()["users"]
    assert {user["name"]: user["disabled"] for user in told} == known


async def lists(tenant: Tenant) -> None:
    """Of tenants, and of what was done: its own."""
    told = (await tenant.ask("GET", "/api/admin/tenants", "admin")).json()["tenants"]
    assert [each["name"] for each in told] == [tenant.name]
    entries = (await tenant.ask("GET", "/api/admin/audit", "admin")).json()["entries"]
    assert {entry["tenant"] for entry in entries} <= {tenant.name}


async def stream(tenant: Tenant) -> None:
    """A measurement by a device's own socket."""
    sent = _measurement(tenant)
    async with tenant.gateway.device(token=tenant.token("device")) as wire:
        socket = Socket(wire, GRANTS[0], "", frozenset())
        assert (await tenant.hear(socket))["tenant"] == tenant.name
        await wire.send(json.dumps({"type": "ingest", "id": 1, "measurements": [sent]}))
        _keep(tenant, sent, (await tenant.hear(socket))["results"][0])


Operation = Callable[[Tenant], Awaitable[None]]
OPERATIONS: dict[Operation, float] = {
    ingest: 6,
    batch: 3,
    publish: 6,
    connect: 3,
    leave: 1,
    listen: 3,
    subscribe: 4,
    unsubscribe: 2,
    speak_for_another: 1,
    poll: 4,
    history: 3,
    foreign_history: 1,
    statistics: 2,
    connections: 1.5,
    foreign_names: 1.5,
    foreign_revocation: 1,
    revocation: 0.4,
    disabling: 0.2,
    users: 0.3,
    lists: 1,
    stream: 1,
    **REGISTRY,
}
"""How often each happens, beside the others."""

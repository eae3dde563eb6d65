"""`POST /api/publish/{topic}`: docs/protocol.md §3.2."""

from typing import Any

import httpx2
import pytest

from tests.conftest import Running, Start
from tests.edge.wire import NOTICES, assert_silence, error_of, heard


async def publish(gateway: Running, topic: str, body: Any, **claims: Any) -> httpx2.Response:
    async with gateway.client("service", **claims) as service:
        return await service.post(f"/api/publish/{topic}", json=body)


@pytest.mark.parametrize("topic", NOTICES)
async def test_each_topic_reaches_the_socket_with_what_was_published(
    gateway: Running, topic: str
) -> None:
    body = {**NOTICES[topic], "timestamp": "2025-11-19T12:05:00+02:00"}
    async with gateway.dashboard(f"?topics={topic}") as dashboard:
        await heard(dashboard)
        answer = await publish(gateway, topic, body)
        message = await heard(dashboard)
    assert answer.status_code == 200
    assert answer.json() == {"status": "stored", "position": message["position"]}
    assert message == {
        **body,
        "type": topic.removesuffix("s"),
        "timestamp": "2025-11-19T10:05:00Z",
        "received_at": message["received_at"],
        "position": message["position"],
    }


INVALID: list[tuple[str, dict[str, Any], int, str]] = [
    ("predictions", {"horizon_minutes": 0}, 422, "invalid"),
    ("predictions", {"confidence": 1.5}, 422, "invalid"),
    ("predictions", {"values": {"CO2": "much"}}, 422, "invalid"),
    ("actions", {"priority": "canary"}, 422, "invalid"),
    ("actions", {"canary": 1}, 422, "invalid"),
    ("alerts", {"severity": "canary"}, 422, "invalid"),
    ("alerts", {"message": ""}, 422, "invalid"),
    ("modules", {"kind": "canary"}, 422, "invalid"),
    ("modules", {"timestamp": "2025-11-19T10:05:00"}, 422, "timestamp_without_zone"),
    ("modules", {"timestamp": "9999-01-01T00:00:00Z"}, 422, "timestamp_in_future"),
    ("modules", {"enseigne": ""}, 422, "invalid"),
    ("measurements", {}, 404, "not_found"),
    ("all", {}, 404, "not_found"),
    ("canary", {}, 404, "not_found"),
]


async def test_what_a_topic_does_not_take_is_neither_kept_nor_sent(gateway: Running) -> None:
    async with gateway.dashboard() as dashboard:
        await heard(dashboard)
        for topic, changes, status, code in INVALID:
            answer = await publish(gateway, topic, {**NOTICES.get(topic, {}), **changes})
            error = error_of(answer.content)
            assert (answer.status_code, error["code"]) == (status, code), (topic, changes)
            assert "canary" not in error["message"]
        await assert_silence(dashboard)
    async with gateway.client("dashboard") as reader:
        assert (await reader.get("/api/messages")).json()["messages"] == []


async def test_a_body_is_bounded_as_everywhere(start: Start) -> None:
    async with start(max_body_bytes=1_024) as gateway, gateway.client("service") as service:
        for content, kind, status in (
            (b"{}", "text/plain", 415),
            (b" " * 1_025, "application/json", 413),
            (b"[" * 9, "application/json", 400),
        ):
            answer = await service.post(
                "/api/publish/alerts", content=content, headers={"Content-Type": kind}
            )
            assert answer.status_code == status
            error_of(answer.content)


@pytest.mark.parametrize("role", ["dashboard", "device", "admin"])
async def test_no_other_role_publishes(gateway: Running, role: str) -> None:
    async with gateway.client(role) as other:
        answer = await other.post("/api/publish/alerts", json=NOTICES["alerts"])
    assert (answer.status_code, error_of(answer.content)["code"]) == (403, "forbidden")


async def test_a_service_narrowed_by_its_token_publishes_there_alone(gateway: Running) -> None:
    topics = ["alerts:Maison"]
    alert = NOTICES["alerts"]
    allowed = await publish(gateway, "alerts", alert, topics=topics)
    assert allowed.status_code == 200
    for topic, body, claims in (
        ("actions", NOTICES["actions"], {"topics": topics}),
        ("alerts", {**alert, "enseigne": "Bistrot"}, {"topics": topics}),
        ("alerts", alert, {"sensors": ["a"]}),
        ("alerts", {**alert, "sensor_id": "b"}, {"sensors": ["a"]}),
    ):
        refused = await publish(gateway, topic, body, **claims)
        assert (refused.status_code, error_of(refused.content)["code"]) == (403, "forbidden")

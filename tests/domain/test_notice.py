"""What services publish: a schema for each of the four topics."""

import json
from typing import Any

import pytest

from app.domain.notice import SCHEMAS, draft
from app.domain.timestamps import TimestampError
from app.errors import BadRequestError, GatewayError
from app.model import RoutingKey, Topic

NOW_MS = 1_763_546_700_000  # 2025-11-19T10:05:00Z
PLACE = {"enseigne": "Maison", "salle": "Bureau"}
LEAST: dict[Topic, dict[str, Any]] = {
    Topic.PREDICTIONS: {**PLACE, "horizon_minutes": 30, "values": {"CO2": 900}},
    Topic.ACTIONS: {**PLACE, "action": "open_window"},
    Topic.ALERTS: {**PLACE, "severity": "critical", "state": "raised", "message": "CO2 is high"},
    Topic.MODULES: {**PLACE, "module_id": "w1", "kind": "window", "state": "open"},
}
MORE: dict[Topic, dict[str, Any]] = {
    Topic.PREDICTIONS: {"confidence": 0.8, "model": "lstm-2"},
    Topic.ACTIONS: {"module_id": "w1", "priority": "high", "reason": "CO2 climbs"},
    Topic.ALERTS: {"alert_id": "a1", "quantity": "CO2", "value": 1500, "threshold": 1200},
    Topic.MODULES: {},
}
topics = pytest.mark.parametrize("topic", list(LEAST))


def drafted(topic: Topic, body: dict[str, Any]) -> tuple[dict[str, Any], RoutingKey, int]:
    made = draft(topic, json.dumps(body).encode(), "acme", NOW_MS, 300_000)
    return json.loads(made.head + b"}"), made.key, made.time_ms


def test_services_publish_on_every_topic_but_measurements() -> None:
    assert set(SCHEMAS) == set(Topic) - {Topic.MEASUREMENTS}


@topics
def test_the_required_members_are_enough(topic: Topic) -> None:
    sent, key, time_ms = drafted(topic, LEAST[topic])
    assert sent == {
        "type": topic.value[:-1],
        **LEAST[topic],
        "timestamp": "2025-11-19T10:05:00Z",
        "received_at": "2025-11-19T10:05:00Z",
    }
    assert key == RoutingKey(topic, "Maison", "Bureau", None)
    assert time_ms == NOW_MS


@topics
def test_the_optional_members_go_out_as_they_came(topic: Topic) -> None:
    body = {
        **LEAST[topic],
        **MORE[topic],
        "sensor_id": "s1",
        "timestamp": "2025-11-19T11:04:00+01:00",
    }
    sent, key, time_ms = drafted(topic, body)
    assert sent["timestamp"] == "2025-11-19T10:04:00Z"
    assert {name: sent[name] for name in MORE[topic]} == MORE[topic]
    assert key.sensor_id == sent["sensor_id"] == "s1"
    assert time_ms == NOW_MS - 60_000


@topics
def test_each_required_member_is_required(topic: Topic) -> None:
    for missing in LEAST[topic]:
        body = {name: value for name, value in LEAST[topic].items() if name != missing}
        with pytest.raises(GatewayError, match=missing):
            drafted(topic, body)


@topics
def test_other_members_are_refused(topic: Topic) -> None:
    with pytest.raises(GatewayError, match="unknown field"):
        drafted(topic, {**LEAST[topic], "position": "x"})


@pytest.mark.parametrize(
    ("topic", "member", "value"),
    [
        (Topic.PREDICTIONS, "horizon_minutes", 0),
        (Topic.PREDICTIONS, "horizon_minutes", 525_601),
        (Topic.PREDICTIONS, "horizon_minutes", 1.5),
        (Topic.PREDICTIONS, "values", {}),
        (Topic.PREDICTIONS, "confidence", 1.01),
        (Topic.PREDICTIONS, "model", ""),
        (Topic.ACTIONS, "action", "a\n"),
        (Topic.ACTIONS, "priority", "urgent"),
        (Topic.ACTIONS, "reason", "x" * 2_001),
        (Topic.ALERTS, "severity", "panic"),
        (Topic.ALERTS, "state", "open"),
        (Topic.ALERTS, "message", ""),
        (Topic.ALERTS, "quantity", "a b"),
        (Topic.ALERTS, "value", True),
        (Topic.MODULES, "kind", "toaster"),
        (Topic.MODULES, "state", None),
        (Topic.MODULES, "salle", "x" * 129),
    ],
)
def test_a_value_out_of_its_bounds_is_refused_at_its_field(
    topic: Topic, member: str, value: object
) -> None:
    with pytest.raises(GatewayError) as refused:
        drafted(topic, {**LEAST[topic], member: value})
    assert refused.value.details == {"field": member}
    assert str(value) not in refused.value.message or value in (0, "", None, True)


@topics
@pytest.mark.parametrize("timestamp", ["", "2025-11-19T10:05:00", "2035-01-01T00:00:00Z"])
def test_a_stated_time_is_checked_as_a_measurements(topic: Topic, timestamp: str) -> None:
    with pytest.raises(TimestampError):
        drafted(topic, {**LEAST[topic], "timestamp": timestamp})


def test_what_is_no_json_is_a_bad_request() -> None:
    with pytest.raises(BadRequestError):
        draft(Topic.ALERTS, b"{", "acme", NOW_MS, 0)

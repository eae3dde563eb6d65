"""`POST /api/ingest`: docs/protocol.md §3.1."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest

from tests.conftest import Running, Start, url_of
from tests.edge.wire import (
    DOCUMENTED,
    PATIENCE,
    assert_silence,
    error_of,
    heard,
    measurement,
    past,
    until,
)


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    return url_of(request)


RECEIPT = {"status", "sensor_id", "timestamp", "received_at", "global_score", "global_level"} | {
    "position"
}


async def post(gateway: Running, body: Any, **claims: Any) -> httpx2.Response:
    async with gateway.client("device", **claims) as device:
        return await device.post("/api/ingest", json=body)


async def post_raw(
    gateway: Running, content: bytes | AsyncIterator[bytes], **headers: str
) -> httpx2.Response:
    typed = {"Content-Type": "application/json"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    async with gateway.client("device") as device:
        return await device.post("/api/ingest", content=content, headers=typed)


async def stored(gateway: Running, tenant: str = "acme") -> list[dict[str, Any]]:
    async with gateway.client("dashboard", tenant=tenant) as dashboard:
        answer = await dashboard.get("/api/messages")
    messages: list[dict[str, Any]] = answer.json()["messages"]
    return messages


async def test_the_documented_example_comes_out_field_for_field(gateway: Running) -> None:
    async with gateway.dashboard() as dashboard:
        await heard(dashboard)
        answer = await post(gateway, measurement())
        message = await heard(dashboard)

    assert answer.status_code == 200
    receipt = answer.json()
    assert receipt.keys() == RECEIPT | {"backlog"}
    assert (receipt["status"], receipt["global_score"]) == ("stored", 85)
    added = {"global_level", "backlog", "received_at", "position"}
    assert {name: message[name] for name in message.keys() - added} == DOCUMENTED
    assert list(message)[: len(DOCUMENTED)] == list(DOCUMENTED)
    assert (message["global_level"], message["backlog"]) == ("good", True)
    assert (message["position"], message["received_at"]) == (
        receipt["position"],
        receipt["received_at"],
    )
    assert await stored(gateway) == [message]


async def test_any_subset_and_further_quantities_are_welcome(gateway: Running) -> None:
    async with gateway.dashboard() as dashboard:
        await heard(dashboard)

        await post(gateway, measurement(sensor_id="a", values={"CO2": 380}))
        outdoors = await heard(dashboard)
        assert (outdoors["co2"], outdoors["global_score"]) == (380, 100)

        await post(gateway, measurement(sensor_id="b", values={"Radon": 100.5, "co2": 645}))
        further = await heard(dashboard)
        assert further["values"] == {"Radon": 100.5, "CO2": 645}
        assert (further["radon"], further["co2"]) == (100.5, 645)

        await post(gateway, measurement(sensor_id="c", values={"Radon": 100}))
        unscored = await heard(dashboard)
        assert (unscored["global_score"], unscored["global_level"]) == (None, None)


async def test_a_time_is_kept_as_the_moment_it_names_and_given_where_there_is_none(
    gateway: Running,
) -> None:
    elsewhere = await post(gateway, measurement(timestamp="2025-11-19T12:05:00.25+02:00"))
    assert elsewhere.json()["timestamp"] == "2025-11-19T10:05:00.250Z"

    none = (await post(gateway, measurement(timestamp=None))).json()
    assert none["timestamp"] == none["received_at"]


async def test_a_resent_measurement_is_answered_again_and_sent_once(gateway: Running) -> None:
    async with gateway.dashboard() as dashboard:
        await heard(dashboard)
        first = (await post(gateway, measurement())).json()
        await heard(dashboard)

        again = (await post(gateway, measurement())).json()
        assert again == {**first, "status": "duplicate"}

        other = await post(gateway, measurement(values={"CO2": 900}))
        assert other.status_code == 409
        error = error_of(other.content)
        assert (error["code"], error["field"]) == ("measurement_exists", "timestamp")
        await assert_silence(dashboard)
    assert len(await stored(gateway)) == 1


SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
INVALID: list[tuple[str, dict[str, Any], int, str, str | None]] = [
    ("a text for a number", {"values": {"CO2": "645"}}, 422, "invalid", "values[...]"),
    ("true for a number", {"values": {"CO2": True}}, 422, "invalid", "values[...]"),
    ("a number beyond 10⁹", {"values": {"CO2": 1e10}}, 422, "invalid", "values[...]"),
    ("no value", {"values": {}}, 422, "invalid", "values"),
    ("no sensor", {"sensor_id": None}, 422, "invalid", None),
    ("an empty sensor", {"sensor_id": ""}, 422, "invalid", "sensor_id"),
    ("a sensor too long", {"sensor_id": "x" * 129}, 422, "invalid", "sensor_id"),
    ("a control character", {"salle": "Bur\neau"}, 422, "invalid", "salle"),
    ("a member nobody knows", {"tempo": 1}, 422, "invalid", None),
    ("a value twice", {"values": {"co2": 1, "CO2": 2}}, 422, "invalid", "values"),
    ("a value named as a member", {"values": {"Position": 1}}, 422, "invalid", "values"),
    ("no time", {"timestamp": "tea"}, 422, "invalid_timestamp", "timestamp"),
    ("the future", {"timestamp": SOON}, 422, "timestamp_in_future", "timestamp"),
    (
        "no zone",
        {"timestamp": "2025-11-19T10:05:00"},
        422,
        "timestamp_without_zone",
        "timestamp",
    ),
    ("a number", {"timestamp": 1763546700}, 422, "timestamp_is_number", "timestamp"),
    ("1970", {"timestamp": "1970-01-21T09:52:26.700Z"}, 422, "timestamp_unit", "timestamp"),
    ("an empty clock", {"timestamp": "1970-01-01T00:00:00Z"}, 422, "timestamp_too_old", None),
    ("another tenant's data", {"tenant": "globex"}, 403, "wrong_tenant", None),
]


async def test_each_invalid_measurement_gets_its_error_and_is_neither_kept_nor_sent(
    gateway: Running,
) -> None:
    async with gateway.dashboard() as dashboard:
        await heard(dashboard)
        for what, changes, status, code, field in INVALID:
            answer = await post(gateway, measurement(**changes))
            error = error_of(answer.content)
            assert (answer.status_code, error["code"]) == (status, code), what
            assert field is None or error["field"] == field, what
        await assert_silence(dashboard)
    assert await stored(gateway) == []
    assert await stored(gateway, "globex") == []


NOT_JSON = {
    "half an object": b'{"sensor_id":',
    "nothing": b"",
    "NaN": json.dumps(measurement(values={"CO2": float("nan")})).encode(),
    "Infinity": json.dumps(measurement(values={"CO2": float("inf")})).encode(),
    "a lone surrogate": json.dumps(measurement(sensor_id="\ud800")).encode(),
    "bytes that are not UTF-8": b'{"sensor_id":"\xff"}',
    "a number too large for any float": json.dumps(measurement(values={"CO2": 9}))
    .replace("9}", "1e999}")
    .encode(),
    "nested too deep": b'{"values":' + b"[" * 8 + b"]" * 8 + b"}",
    "nested too deep for any parser": b"[" * 100_000,
}


async def test_what_is_no_finite_flat_json_is_a_400(gateway: Running) -> None:
    for what, content in NOT_JSON.items():
        answer = await post_raw(gateway, content)
        error = error_of(answer.content)
        assert answer.status_code in (400, 422), what
        assert error["code"] in ("bad_request", "too_deep", "invalid"), what
    assert await stored(gateway) == []


async def test_a_string_without_end_is_read_in_no_time(gateway: Running) -> None:
    """Each of its quotes once began a search to the end: this body held the gateway for minutes."""
    body = b"[" * 8 + b'"' + b'\\"' * 100_000
    async with asyncio.timeout(20):
        assert (await post_raw(gateway, body)).status_code == 400


async def test_only_json_as_it_is_gets_in(gateway: Running) -> None:
    body = json.dumps(measurement()).encode()
    for headers in (
        {"Content_Type": "text/plain"},
        {"Content_Type": "application/x-www-form-urlencoded"},
        {"Content_Encoding": "gzip"},
    ):
        answer = await post_raw(gateway, body, **headers)
        assert answer.status_code == 415
        assert error_of(answer.content)["code"] == "unsupported_media_type"
    assert await stored(gateway) == []

    said = await post_raw(gateway, body, Content_Type="application/JSON; charset=utf-8")
    assert said.status_code == 200


async def test_a_body_too_large_is_refused_with_its_length_stated_or_not(start: Start) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(8):
            yield b" " * 1_024

    async with start(max_body_bytes=4_096) as gateway:
        for content in (b" " * 4_097, chunks()):
            answer = await post_raw(gateway, content)
            assert answer.status_code == 413
            assert error_of(answer.content)["code"] == "too_large"
        assert await stored(gateway) == []


async def test_a_token_that_names_sensors_speaks_for_these_alone(gateway: Running) -> None:
    allowed = await post(gateway, measurement(sensor_id="a"), sensors=["a"])
    assert allowed.status_code == 200

    for sensors in (["a"], []):
        refused = await post(gateway, measurement(sensor_id="b"), sensors=sensors)
        assert refused.status_code == 403
        error = error_of(refused.content)
        assert (error["code"], error["field"]) == ("unknown_sensor", "sensor_id")
    assert [message["sensor_id"] for message in await stored(gateway)] == ["a"]


async def test_a_token_narrowed_to_topics_reaches_only_its_places(gateway: Running) -> None:
    topics = ["measurements:Maison"]
    assert (await post(gateway, measurement(), topics=topics)).status_code == 200

    for elsewhere, granted in (
        (measurement(enseigne="Bistrot"), topics),
        (measurement(sensor_id="b"), ["alerts"]),
        (measurement(sensor_id="c"), []),
    ):
        refused = await post(gateway, elsewhere, topics=granted)
        assert (refused.status_code, error_of(refused.content)["code"]) == (403, "forbidden")
    assert len(await stored(gateway)) == 1


async def test_a_batch_is_answered_per_item_and_keeps_the_good_ones(gateway: Running) -> None:
    batch = [
        measurement(sensor_id="a"),
        measurement(sensor_id="b", values={"CO2": "x"}),
        measurement(sensor_id="c", tenant="globex"),
        7,
        measurement(sensor_id="a"),
        measurement(sensor_id="d", timestamp=None),
    ]
    async with gateway.dashboard() as dashboard:
        await heard(dashboard)
        answer = await post(gateway, batch)
        assert [(await heard(dashboard))["sensor_id"] for _ in range(2)] == ["a", "d"]
        await assert_silence(dashboard)

    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [
        "stored",
        "rejected",
        "rejected",
        "rejected",
        "duplicate",
        "stored",
    ]
    codes = [result["error"]["code"] for result in results if result["status"] == "rejected"]
    assert codes == ["invalid", "wrong_tenant", "invalid"]
    assert results[5].keys() == RECEIPT


async def test_a_batch_may_be_empty_and_has_its_bound(start: Start) -> None:
    async with start(max_batch=2) as gateway:
        assert (await post(gateway, [])).json() == {"results": []}
        answer = await post(gateway, [measurement(sensor_id=name) for name in "abc"])
        assert (answer.status_code, error_of(answer.content)["code"]) == (413, "too_large")
        assert await stored(gateway) == []


async def test_a_batch_without_times_of_one_sensor_is_kept_whole_at_once(gateway: Running) -> None:
    batch = [measurement(timestamp=None, values={"CO2": number}) for number in range(500)]
    async with asyncio.timeout(20):
        results = (await post(gateway, batch)).json()["results"]
    assert [result["status"] for result in results] == ["stored"] * 500
    assert len({result["timestamp"] for result in results}) == 500


@pytest.mark.parametrize("role", ["dashboard", "service", "admin"])
async def test_no_other_role_sends_measurements(gateway: Running, role: str) -> None:
    async with gateway.client(role) as other:
        answer = await other.post("/api/ingest", json=measurement())
    assert (answer.status_code, error_of(answer.content)["code"]) == (403, "forbidden")
    assert 'error="insufficient_scope"' in answer.headers["www-authenticate"]
    assert await stored(gateway) == []


async def test_without_a_good_token_it_is_a_401(gateway: Running) -> None:
    good = gateway.token("device")
    for credential in (
        None,
        "",
        "Bearer",
        "Bearer not.a.token",
        f"Basic {good}",
        f"Bearer {good}x",
        f"Bearer  {good}",
        "Bearer " + "a" * 9_000,
    ):
        headers = {} if credential is None else {"Authorization": credential}
        async with gateway.client() as anyone:
            answer = await anyone.post("/api/ingest", json=measurement(), headers=headers)
        assert (answer.status_code, error_of(answer.content)["code"]) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith('Bearer realm="iaqverse"')
    assert await stored(gateway) == []


async def test_two_authorization_headers_are_refused(gateway: Running) -> None:
    bearer = f"Bearer {gateway.token('device')}"
    async with gateway.client() as device:
        answer = await device.post(
            "/api/ingest",
            json=measurement(),
            headers=[("Authorization", bearer), ("Authorization", bearer)],
        )
    assert answer.status_code == 401


async def test_an_expired_token_is_refused_though_it_was_good_before(gateway: Running) -> None:
    async with gateway.client("device", ttl=4) as device:
        good = await device.post("/api/ingest", json=[])
        await past(time.time() + 4)
        ended = await device.post("/api/ingest", json=[])
    assert (good.status_code, ended.status_code) == (200, 401)


async def test_ndjson_is_one_measurement_a_line_and_each_line_stands_by_itself(
    gateway: Running,
) -> None:
    lines = b"\n".join(
        (
            json.dumps(measurement(sensor_id="a")).encode(),
            b"",
            b'{"sensor_id": "half a li',
            json.dumps([measurement(sensor_id="b")]).encode(),
            b"[" * 100_000,
            json.dumps(measurement(sensor_id="c")).encode() + b"\r",
            b" ",
        )
    )
    for media_type in ("application/x-ndjson", "application/ndjson; charset=utf-8"):
        answer = await post_raw(gateway, lines, Content_Type=media_type)
        assert answer.status_code == 200
        results = answer.json()["results"]
        codes = [result.get("error", {}).get("code") for result in results]
        assert codes == [None, "bad_request", "invalid", "invalid", None]
    assert [result["status"] for result in results if "error" not in result] == ["duplicate"] * 2
    assert [message["sensor_id"] for message in await stored(gateway)] == ["a", "c"]


async def test_ndjson_has_the_bounds_of_an_array(start: Start) -> None:
    line = json.dumps(measurement()).encode() + b"\n"
    ndjson = {"Content_Type": "application/x-ndjson"}
    async with start(max_batch=2, max_body_bytes=4_096) as gateway:
        assert (await post_raw(gateway, b"\n\n", **ndjson)).json() == {"results": []}
        for content in (line * 3, b" " * 4_097):
            answer = await post_raw(gateway, content, **ndjson)
            assert (answer.status_code, error_of(answer.content)["code"]) == (413, "too_large")
        encoded = await post_raw(gateway, line, Content_Encoding="gzip", **ndjson)
        assert encoded.status_code == 415


async def test_a_device_is_told_how_far_its_clock_is_off(gateway: Running) -> None:
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    body = json.dumps(measurement(timestamp=None)).encode()
    for media_type in ("application/json", "application/x-ndjson"):
        answer = await post_raw(gateway, body, Content_Type=media_type, Date=tomorrow)
        clock = answer.json()["clock"]
        assert clock["by"] == "date"
        assert 86_300_000 < clock["offset_ms"] <= 86_401_000

    late = (datetime.now(UTC) - timedelta(minutes=2)).isoformat()
    told = (await post(gateway, measurement(timestamp=late))).json()["clock"]
    assert told["by"] == "timestamp"
    assert -121_000 <= told["offset_ms"] <= -120_000


@pytest.mark.parametrize("batched", [False, True])
async def test_what_is_sent_again_since_no_answer_came_is_neither_lost_nor_doubled(
    gateway: Running, *, batched: bool
) -> None:
    """The connection ends before the answer: the commit may have come all the same."""
    batch = [measurement(sensor_id=name) for name in "abc"] if batched else [measurement()]
    body = json.dumps(batch if batched else batch[0]).encode()
    head = (
        f"POST /api/ingest HTTP/1.1\r\nHost: gateway\r\nContent-Length: {len(body)}\r\n"
        f"Content-Type: application/json\r\nAuthorization: Bearer {gateway.token('device')}\r\n\r\n"
    )
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(head.encode() + body)
    await writer.drain()
    writer.close()

    async def is_kept() -> bool:
        return len(await stored(gateway)) == len(batch)

    await until(is_kept, PATIENCE)
    before = await stored(gateway)
    again = await post_raw(gateway, body)
    answers = again.json()["results"] if batched else [again.json()]
    assert [answer["status"] for answer in answers] == ["duplicate"] * len(batch)
    assert [answer["position"] for answer in answers] == [each["position"] for each in before]
    assert await stored(gateway) == before


async def test_without_a_timestamp_what_is_sent_again_is_another_measurement(
    gateway: Running,
) -> None:
    batch = [measurement(timestamp=None)] * 2
    for _ in range(2):
        results = (await post(gateway, batch)).json()["results"]
        assert [result["status"] for result in results] == ["stored"] * 2
    assert len(await stored(gateway)) == 4


async def test_a_certificate_in_a_header_is_a_clients_word_on_a_tcp_port(gateway: Running) -> None:
    headers = {"X-Client-Certificate": "-----BEGIN%20CERTIFICATE-----"}
    async with gateway.client() as anyone, gateway.client("device") as device:
        refused = await anyone.post("/api/ingest", json=measurement(), headers=headers)
        assert refused.status_code == 401
        kept = await device.post("/api/ingest", json=measurement(), headers=headers)
        assert kept.status_code == 200

"""Opening `/ws`: docs/protocol.md §4.1. What is refused is refused as an HTTP answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.conftest import ORIGIN, Running, Start
from tests.edge.wire import error_of, heard, measurement, refusal_of


def attempt(gateway: Running, query: str = "", **options: Any) -> connect:
    """A socket with just these headers, subprotocols and origin."""
    return connect(f"ws://127.0.0.1:{gateway.port}/ws{query}", **options)


def subprotocols(*names: str) -> list[Subprotocol]:
    return [Subprotocol(name) for name in names]


async def test_a_token_in_the_header_opens_it(gateway: Running) -> None:
    async with attempt(gateway, additional_headers=gateway.bearer("dashboard")) as socket:
        assert (await heard(socket))["type"] == "connection"
        assert socket.subprotocol is None


async def test_a_token_in_the_subprotocol_opens_it_and_is_not_echoed(gateway: Running) -> None:
    token = gateway.token("dashboard")
    for offered in (("iaqverse.v1", f"bearer.{token}"), (f"bearer.{token}", "iaqverse.v1")):
        async with attempt(gateway, subprotocols=subprotocols(*offered)) as socket:
            assert (await heard(socket))["type"] == "connection"
            assert socket.subprotocol == "iaqverse.v1"
            assert token not in str(socket.response)


async def test_the_greeting_is_exactly_the_documented_one(gateway: Running) -> None:
    async with gateway.client("device") as device:
        sent = measurement()
        position = (await device.post("/api/ingest", json=sent)).json()["position"]

    before = datetime.now(UTC)
    async with gateway.dashboard(ttl=600) as socket:
        greeting = await heard(socket)
    told = {
        name: datetime.fromisoformat(greeting.pop(name)) for name in ("timestamp", "expires_at")
    }
    assert abs((told["timestamp"] - before).total_seconds()) < 10
    assert abs((told["expires_at"] - before).total_seconds() - 600) < 10
    assert greeting == {
        "type": "connection",
        "status": "connected",
        "subscriptions": ["all"],
        "tenant": "acme",
        "heartbeat": 25,
        "position": position,
    }


async def test_the_first_subscriptions_may_be_chosen_in_the_address(gateway: Running) -> None:
    query = "?topics=measurements:Maison%252FSud/Bureau,alerts,alerts"
    async with gateway.dashboard(query) as socket:
        greeting = await heard(socket)
    assert greeting["subscriptions"] == ["alerts", "measurements:Maison%2FSud/Bureau"]


NOTHING_GOOD: list[tuple[str, list[str] | None]] = [
    ("?topics=weather", None),
    ("?topics=measurements,", None),
    ("?topics=measurements:a/b/c", None),
    ("?topics=measurements:%25ff", None),
    ("?topics=all&topics=all", None),
    ("?room=a", None),
    ("?" + "&".join(["topics=all"] * 50), None),
    ("?topics=" + ",".join(f"all:{number}" for number in range(129)), None),
    ("?topics=alerts", ["measurements"]),
    ("?topics=all,measurements:Bistrot", ["measurements:Maison"]),
]
"""Addresses, and the topics that a token is narrowed to."""


async def test_an_address_that_says_nothing_good_is_refused(gateway: Running) -> None:
    for query, topics in NOTHING_GOOD:
        status, _, error = await refusal_of(gateway.dashboard(query, topics=topics))
        expected = (403, "forbidden") if topics else (400, "invalid_handshake")
        assert (status, error["code"]) == expected, query


async def test_without_a_credential_it_is_a_401_that_says_how(gateway: Running) -> None:
    for options in (
        {},
        {"additional_headers": {"Cookie": f"token={gateway.token('dashboard')}"}},
        {"subprotocols": subprotocols("iaqverse.v1")},
        {"subprotocols": subprotocols("iaqverse.v1", "bearer.")},
        {"subprotocols": subprotocols("iaqverse.v1", "bearer.nonsense")},
        {"subprotocols": subprotocols(f"bearer.{gateway.token('dashboard')}")},
        {"additional_headers": {"Authorization": gateway.token("dashboard")}},
    ):
        status, headers, error = await refusal_of(attempt(gateway, **options))
        assert (status, error["code"]) == (401, "unauthenticated")
        assert headers["www-authenticate"].startswith('Bearer realm="iaqverse"')
        assert headers["content-type"] == "application/json"
        assert headers["cache-control"] == "no-store"


async def test_a_ticket_that_was_never_issued_is_a_401(gateway: Running) -> None:
    status, _, _ = await refusal_of(attempt(gateway, "?ticket=abc"))
    assert status == 401


async def test_two_credentials_are_a_400_even_if_both_are_good(gateway: Running) -> None:
    bearer = gateway.bearer("dashboard")
    offered = subprotocols("iaqverse.v1", f"bearer.{gateway.token('dashboard')}")
    for options in (
        {"additional_headers": bearer, "subprotocols": offered},
        {"additional_headers": bearer, "query": "?ticket=abc"},
        {"subprotocols": offered, "query": "?ticket=abc"},
    ):
        status, _, error = await refusal_of(attempt(gateway, **options))
        assert (status, error["code"]) == (400, "invalid_handshake")


async def test_a_token_in_the_address_is_refused_whatever_its_name(gateway: Running) -> None:
    token = gateway.token("dashboard")
    for name in ("token", "access_token", "ticket", "topics"):
        status, _, error = await refusal_of(attempt(gateway, f"?{name}={token}"))
        assert (status, error["code"]) == (400, "invalid_handshake")
        assert token not in str(error)


@pytest.mark.parametrize("role", ["device", "service", "admin"])
async def test_no_other_role_opens_a_socket(gateway: Running, role: str) -> None:
    status, headers, error = await refusal_of(
        attempt(gateway, additional_headers=gateway.bearer(role))
    )
    assert (status, error["code"]) == (403, "forbidden")
    assert 'error="insufficient_scope"' in headers["www-authenticate"]


async def test_an_origin_is_taken_from_the_exact_list_and_programs_need_none(
    start: Start,
) -> None:
    allowed = ("https://iaq.example", "https://iaq.example:8443")
    async with start(allowed_origins=allowed) as gateway:
        bearer = gateway.bearer("dashboard")
        for origin in (None, *allowed):
            async with attempt(gateway, additional_headers=bearer, origin=origin) as socket:
                await heard(socket)
        for origin in (
            ORIGIN,
            "null",
            "http://iaq.example",
            "https://iaq.example:443",
            "https://iaq.example.evil.example",
            "https://evil.example/https://iaq.example",
            "https://IAQ.example",
            "",
        ):
            status, _, error = await refusal_of(
                attempt(gateway, additional_headers=bearer, origin=origin)
            )
            assert (status, error["code"]) == (403, "forbidden_origin"), origin


async def test_the_gateways_own_address_is_the_origin_where_none_is_set(gateway: Running) -> None:
    async with gateway.dashboard() as socket:
        assert socket.request is not None
        assert socket.request.headers["Origin"] == ORIGIN


async def test_a_request_without_an_upgrade_is_told_to_upgrade(gateway: Running) -> None:
    async with gateway.client("dashboard") as client:
        answer = await client.get("/ws")
    assert (answer.status_code, error_of(answer.content)["code"]) == (426, "upgrade_required")
    assert answer.headers["upgrade"] == "websocket"


async def test_no_socket_opens_elsewhere(gateway: Running) -> None:
    elsewhere = connect(
        f"ws://127.0.0.1:{gateway.port}/api/messages",
        additional_headers=gateway.bearer("dashboard"),
    )
    status, _, _ = await refusal_of(elsewhere)
    assert status in (403, 404)

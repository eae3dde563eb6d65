"""Every limit is reached, says which it is and when to come back, and cannot be switched off."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi.routing import APIRoute
from starlette.routing import WebSocketRoute
from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import InvalidStatus

from app.bootstrap import gateway as build
from app.edge.limits import RATES_PER_IP
from app.main import create_app
from app.server import serve, unix_listener
from app.settings import Settings
from auth.keys import create_key
from tests.conftest import Running, Start
from tests.edge.wire import NOTICES, error_of, heard, measurement, refusal_of

ONE = 0.0001
"""A LIMIT_SCALE by which each rate is one."""


def assert_limited(status: int, headers: Any, error: dict[str, Any], limit: str) -> None:
    assert (status, error["code"], error["limit"]) == (429, "rate_limited", limit)
    assert headers["retry-after"] == str(error["retry_after"])
    assert 1 <= error["retry_after"] <= 61


async def routes_of(settings: Settings) -> list[tuple[str, str]]:
    """Method and path of everything that the application answers."""
    async with build(settings) as built:
        found = []
        for route in create_app(built).routes:
            if isinstance(route, WebSocketRoute):
                found.append(("WS", route.path))
            else:
                assert isinstance(route, APIRoute), "a route that no limit sees"
                found += [(method, route.path) for method in sorted(route.methods or ())]
    return found


async def test_every_route_and_the_socket_reach_their_limit(start: Start, tmp_path: Path) -> None:
    async with start(limit_scale=ONE) as gateway:
        create_key(tmp_path / "other" / "keys")
        routes = await routes_of(Settings(_env_file=None, state_dir=tmp_path / "other"))
        assert {
            ("POST", "/api/ingest"),
            ("GET", "/api/messages"),
            ("WS", "/ws"),
            ("WS", "/ws/ingest"),
        } < set(routes)
        async with gateway.client() as anyone:
            for method, path in routes:
                url = path.replace("{topic}", "alerts")
                if method == "WS":
                    first, last = [await refused(gateway, url) for _ in range(2)]
                    assert first[0] == (401 if url == "/ws" else 429)  # they share one count
                    assert_limited(*last, "handshake_rate_per_ip")
                    continue
                answers = [await anyone.request(method, url) for _ in range(2)]
                answer = answers[-1]
                limit = RATES_PER_IP.get(path, "http_rate_per_ip")
                assert_limited(answer.status_code, answer.headers, error_of(answer.content), limit)


async def refused(gateway: Running, path: str) -> tuple[int, dict[str, str], dict[str, Any]]:
    return await refusal_of(connect(f"ws://127.0.0.1:{gateway.port}{path}"))


async def test_each_route_has_a_count_of_its_own(start: Start) -> None:
    async with start(limit_scale=ONE) as gateway, gateway.client("dashboard") as dashboard:
        for path in ("/api/messages", "/api/iaq/data"):
            assert (await dashboard.get(path)).status_code == 200
            assert (await dashboard.get(path)).status_code == 429


async def test_no_environment_switches_the_limits_off(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RATELIMIT_ENABLED", "RATELIMIT_HEADERS_ENABLED"):
        monkeypatch.setenv(name, "false")
    monkeypatch.setenv("RATELIMIT_SWALLOW_ERRORS", "true")
    async with start(limit_scale=ONE) as gateway, gateway.client() as anyone:
        answers = [await anyone.get("/auth/jwks.json") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 429]


async def test_an_answer_says_what_is_left_and_only_a_refusal_when_to_come_back(
    gateway: Running,
) -> None:
    async with gateway.client() as anyone:
        answers = [await anyone.get("/auth/jwks.json") for _ in range(2)]
    assert [answer.headers["x-ratelimit-remaining"] for answer in answers] == ["599", "598"]
    assert "retry-after" not in answers[0].headers


NOW: dict[str, Any] = {"timestamp": None}
LONG_AGO: dict[str, Any] = {}
LANES = [("measurement_rate", NOW, LONG_AGO), ("backlog_rate", LONG_AGO, NOW)]


@pytest.mark.parametrize(("rate", "its", "others"), LANES)
async def test_measurements_are_counted_one_by_one_per_token_and_per_tenant(
    start: Start, rate: str, its: dict[str, Any], others: dict[str, Any]
) -> None:
    rates = {f"{rate}_per_token": "3/minute", f"{rate}_per_tenant": "5/minute"}
    async with (
        start(**rates) as gateway,
        gateway.client("device") as one,
        gateway.client("device") as two,
        gateway.client("device", tenant="globex") as elsewhere,
    ):
        batch = [measurement(sensor_id=name, **its) for name in "abc"]
        assert (await one.post("/api/ingest", json=batch)).status_code == 200
        own = await one.post("/api/ingest", json=measurement(**its))
        assert_limited(own.status_code, own.headers, error_of(own.content), f"{rate}_per_token")
        shared = await two.post("/api/ingest", json=batch)
        assert_limited(
            shared.status_code,
            shared.headers,
            error_of(shared.content),
            f"{rate}_per_tenant",
        )
        other_lane = [measurement(sensor_id=name, **others) for name in "defghi"]
        assert (await one.post("/api/ingest", json=other_lane)).status_code == 200
        assert (await elsewhere.post("/api/ingest", json=batch)).status_code == 200


async def test_live_measurements_go_on_when_the_backlogs_budget_is_used_up(start: Start) -> None:
    async with (
        start(backlog_rate_per_token="1/minute") as gateway,
        gateway.client("device") as device,
    ):
        assert (await device.post("/api/ingest", json=measurement())).status_code == 200
        batch = [measurement(sensor_id="a"), measurement(sensor_id="b", timestamp=None)]
        refused, stored = (await device.post("/api/ingest", json=batch)).json()["results"]
    assert (refused["status"], stored["status"]) == ("rejected", "stored")
    error = refused["error"]
    assert (error["code"], error["limit"]) == ("rate_limited", "backlog_rate_per_token")
    assert 1 <= error["retry_after"] <= 61


async def test_a_batch_beyond_what_is_left_uses_nothing_up(start: Start) -> None:
    batch = [measurement(sensor_id=name, timestamp=None) for name in "abc"]
    async with (
        start(measurement_rate_per_token="4/minute") as gateway,
        gateway.client("device") as device,
    ):
        statuses = [
            (await device.post("/api/ingest", json=body)).status_code
            for body in (batch, batch, batch[0], batch[1])
        ]
    assert statuses == [200, 429, 200, 429]


async def test_publications_are_counted_per_token(start: Start) -> None:
    async with (
        start(publish_rate_per_token="1/hour") as gateway,
        gateway.client("service") as one,
        gateway.client("service") as two,
    ):
        assert (await one.post("/api/publish/alerts", json=NOTICES["alerts"])).status_code == 200
        answer = await one.post("/api/publish/alerts", json=NOTICES["alerts"])
        error = error_of(answer.content)
        assert (answer.status_code, error["limit"]) == (429, "publish_rate_per_token")
        assert 3_500 < error["retry_after"] <= 3_601
        assert (await two.post("/api/publish/alerts", json=NOTICES["alerts"])).status_code == 200


@pytest.mark.parametrize(
    ("limit", "others"),
    [
        ("connections_per_ip", {"tenant": "globex", "subject": "other"}),
        ("connections_per_subject", {"tenant": "acme", "subject": "someone"}),
        ("connections_per_tenant", {"tenant": "acme", "subject": "other"}),
    ],
)
async def test_each_number_of_connections_has_its_bound(
    start: Start, limit: str, others: dict[str, str]
) -> None:
    async with start(**{limit: 2}) as gateway:
        held = [await opened(gateway) for _ in range(2)]
        status, headers, error = await refusal_of(gateway.dashboard(**others))
        assert_limited(status, headers, error, limit)
        if limit != "connections_per_ip":
            await (await opened(gateway, tenant="globex")).close()

        await held[0].close()
        async with asyncio.timeout(20):
            held[0] = await opened_at_last(gateway, **others)
        for each in held:
            await each.close()


async def opened(gateway: Running, **claims: str) -> ClientConnection:
    connection = await gateway.dashboard(**claims)
    await heard(connection)
    return connection


async def opened_at_last(gateway: Running, **claims: str) -> ClientConnection:
    """The gateway learns of an end a moment after the client."""
    while True:
        with contextlib.suppress(InvalidStatus):
            return await opened(gateway, **claims)


async def test_a_full_gateway_is_a_503_that_says_when_to_come_back(start: Start) -> None:
    async with start(connections_total=1) as gateway, gateway.dashboard():
        status, headers, error = await refusal_of(gateway.dashboard(tenant="globex"))
    assert (status, error["code"], error["part"]) == (503, "unavailable", "gateway")
    assert headers["retry-after"] == "30"


async def test_a_refused_handshake_takes_no_place(start: Start) -> None:
    async with start(connections_per_ip=1) as gateway:
        for query in ("?topics=weather", "?ticket=x"):
            await refusal_of(gateway.dashboard(query))
        async with gateway.dashboard() as connection:
            await heard(connection)


async def test_limit_scale_lifts_rates_and_connections_alike(start: Start) -> None:
    lifted = {
        "limit_scale": 3,
        "http_rate_per_ip": "1/minute",
        "handshake_rate_per_ip": "1/minute",
        "connections_per_ip": 1,
    }
    async with start(**lifted) as gateway, gateway.client() as anyone:
        statuses = [(await anyone.get("/auth/jwks.json")).status_code for _ in range(4)]
        assert statuses == [200, 200, 200, 429]
        held = [await opened(gateway) for _ in range(3)]
        status, _, error = await refusal_of(gateway.dashboard())
        assert (status, error["limit"]) == (429, "handshake_rate_per_ip")
        for each in held:
            await each.close()


async def test_one_key_of_memory_is_enough_to_go_on(start: Start) -> None:
    """At the bound the oldest window makes room: memory is bounded, and nobody is shut out."""
    async with start(limit_keys=1) as gateway, gateway.client("dashboard") as dashboard:
        for _ in range(3):
            for path in ("/auth/jwks.json", "/api/messages", "/health/ready"):
                answer = await dashboard.get(path)
                assert answer.status_code == 200
                assert answer.headers["x-ratelimit-remaining"] == "599"


async def test_a_clients_word_for_its_address_is_ignored_on_tcp(start: Start) -> None:
    async with start(limit_scale=ONE) as gateway, gateway.client() as anyone:
        statuses = [
            (await anyone.get("/auth/jwks.json", headers={"X-Forwarded-For": address})).status_code
            for address in ("10.0.0.1", "10.0.0.2")
        ]
    assert statuses == [200, 429]


async def test_an_ipv6_peer_on_tcp_has_no_say_either(tmp_path: Path) -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6")
    listener.setblocking(False)
    base = f"http://[::1]:{listener.getsockname()[1]}"
    async with (
        listening(tmp_path, listener),
        httpx2.AsyncClient(base_url=base, verify=False, timeout=30) as anyone,
    ):
        assert await statuses_of(anyone, "10.0.0.1", "10.0.0.2") == [200, 429]


@contextlib.asynccontextmanager
async def listening(tmp_path: Path, listener: socket.socket) -> AsyncIterator[Settings]:
    """A gateway on any listener, with each rate at one."""
    settings = Settings(_env_file=None, state_dir=tmp_path / "var", limit_scale=ONE)
    create_key(settings.keys_dir)
    stop = asyncio.Event()
    serving = asyncio.create_task(serve(settings, listener, stop))
    try:
        yield settings
    finally:
        stop.set()
        await serving


async def statuses_of(client: httpx2.AsyncClient, *addresses: str) -> list[int]:
    """Of a request from each address, as nginx forwards it. The first waits for the listener."""
    headers = [{"X-Forwarded-For": address} for address in addresses]
    return [(await client.get("/auth/jwks.json", headers=header)).status_code for header in headers]


async def test_on_the_unix_socket_the_address_is_the_one_that_nginx_saw(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sock"
    transport = httpx2.AsyncHTTPTransport(uds=str(path), verify=False)
    async with (
        listening(tmp_path, unix_listener(path)),
        httpx2.AsyncClient(base_url="http://gateway", transport=transport, timeout=30) as nginx,
    ):
        assert await statuses_of(nginx, "10.0.0.1", "10.0.0.1", "10.0.0.2") == [200, 429, 200]
        mapped = await statuses_of(nginx, "10.0.0.3", "::ffff:10.0.0.3")
        assert mapped == [200, 429]
        household = await statuses_of(nginx, "2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1")
        assert household == [200, 429, 200]
        nameless = await statuses_of(nginx, "", "nonsense")
        assert nameless == [200, 429]

        handshakes = []
        for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
            attempt = unix_connect(
                str(path),
                "ws://gateway/ws",
                additional_headers={"X-Forwarded-For": address},
            )
            handshakes.append((await refusal_of(attempt))[0])
        assert handshakes == [401, 429, 401]


async def test_routes_are_counted_apart_whatever_their_functions_are_called(start: Start) -> None:
    async with start(http_rate_per_ip="2/minute") as gateway, gateway.client("admin") as admin:
        for path in ("/api/admin/tenants", "/api/admin/users"):  # both are `listed`
            statuses = [(await admin.get(path)).status_code for _ in range(3)]
            assert statuses == [200, 200, 429]

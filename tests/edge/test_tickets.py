"""`POST /auth/ws-ticket` and `?ticket=`: docs/protocol.md §4.1."""

import asyncio
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

import app.backends
from tests.conftest import ORIGIN, Running, Start
from tests.edge.wire import end_of, error_of, heard, refusal_of


async def ticket(gateway: Running, *, origin: str | None = ORIGIN, **claims: Any) -> str:
    headers = {} if origin is None else {"Origin": origin}
    async with gateway.client("dashboard", **claims) as client:
        answer = await client.post("/auth/ws-ticket", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    content = answer.json()
    assert content.keys() == {"ticket", "expires_in"}
    assert 0 <= content["expires_in"] <= 30
    issued: str = content["ticket"]
    return issued


def attempt(gateway: Running, query: str, origin: str | None = ORIGIN, **options: Any) -> connect:
    url = f"ws://127.0.0.1:{gateway.port}/ws?{query}"
    return connect(url, origin=origin, **options)  # type: ignore[arg-type]  # a NewType of str


async def assert_refused(gateway: Running, query: str, origin: str | None = ORIGIN) -> None:
    status, headers, error = await refusal_of(attempt(gateway, query, origin))
    assert (status, error["code"]) == (401, "unauthenticated")
    assert error["message"] == "the token is not valid here"
    assert 'error="invalid_token"' in headers["www-authenticate"]


async def test_a_ticket_opens_one_socket_as_its_token_would(gateway: Running) -> None:
    issued = await ticket(gateway, tenant="globex", topics=["alerts"])
    async with attempt(gateway, f"ticket={issued}&topics=alerts") as socket:
        greeting = await heard(socket)
        assert (greeting["tenant"], greeting["subscriptions"]) == ("globex", ["alerts"])
    await assert_refused(gateway, f"ticket={issued}")


async def test_the_sockets_end_is_the_tokens(gateway: Running) -> None:
    async with attempt(gateway, f"ticket={await ticket(gateway, ttl=4)}") as socket:
        assert (await end_of(socket, within=9))[0] == 4401


async def test_a_program_has_no_origin_at_either_place(gateway: Running) -> None:
    async with attempt(gateway, f"ticket={await ticket(gateway, origin=None)}", None) as socket:
        await heard(socket)
    await assert_refused(gateway, f"ticket={await ticket(gateway, origin=None)}")
    await assert_refused(gateway, f"ticket={await ticket(gateway)}", None)


async def test_used_expired_foreign_and_unknown_are_told_alike(gateway: Running) -> None:
    ended = await ticket(gateway, ttl=4)
    await asyncio.sleep(4.1)
    for query in (f"ticket={ended}", "ticket=abc", "ticket="):
        await assert_refused(gateway, query)


async def test_beside_another_credential_it_is_a_400_and_stays_good(gateway: Running) -> None:
    issued = await ticket(gateway)
    offered = [Subprotocol("iaqverse.v1"), Subprotocol(f"bearer.{gateway.token('dashboard')}")]
    for options in (
        {"additional_headers": gateway.bearer("dashboard")},
        {"subprotocols": offered},
    ):
        status, _, error = await refusal_of(attempt(gateway, f"ticket={issued}", **options))
        assert (status, error["code"]) == (400, "invalid_handshake")
    async with attempt(gateway, f"ticket={issued}") as socket:
        await heard(socket)


@pytest.mark.parametrize("role", ["device", "service", "admin"])
async def test_no_other_role_gets_one(gateway: Running, role: str) -> None:
    async with gateway.client(role) as client:
        assert (await client.post("/auth/ws-ticket")).status_code == 403


async def test_neither_does_a_cookie_nor_a_foreign_page(gateway: Running) -> None:
    async with gateway.client() as client:
        cookie = {"Cookie": f"__Host-token={gateway.token('dashboard')}"}
        assert (await client.post("/auth/ws-ticket", headers=cookie)).status_code == 401
        foreign = {**gateway.bearer("dashboard"), "Origin": "https://evil.example"}
        answer = await client.post("/auth/ws-ticket", headers=foreign)
        assert error_of(answer.content)["code"] == "forbidden_origin"


async def test_a_cookie_beside_a_ticket_changes_nothing(gateway: Running) -> None:
    cookie = {"Cookie": f"ticket={await ticket(gateway)}"}
    status, _, _ = await refusal_of(attempt(gateway, "topics=all", additional_headers=cookie))
    assert status == 401


async def test_when_too_many_are_held_no_more_are_issued(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.backends, "TICKETS_HELD", 1)
    async with start() as gateway, gateway.client("dashboard") as client:
        issued = await ticket(gateway)
        answer = await client.post("/auth/ws-ticket")
        assert (answer.status_code, error_of(answer.content)["part"]) == (503, "tickets")
        assert answer.headers["retry-after"] == "30"
        counted = (await client.get("/metrics")).text
        assert "iaqverse_tickets_refused_total 1.0" in counted
        assert "iaqverse_tickets 1.0" in counted
        async with attempt(gateway, f"ticket={issued}") as socket:
            await heard(socket)

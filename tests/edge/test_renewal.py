"""A socket outlives its token: `auth`, `token_expiring`, docs/protocol.md §4.6."""

import asyncio
import time
from datetime import datetime
from typing import Any

import pytest

from app.storage.records import tokens
from app.storage.sqlite.sql import records
from auth.principal import Role
from tests.conftest import Running, Start
from tests.edge.wire import assert_silence, end_of, heard, measurement, say


async def ingest(gateway: Running, enseigne: str) -> None:
    async with gateway.client("device") as device:
        body = measurement(enseigne=enseigne, sensor_id=enseigne)
        assert (await device.post("/api/ingest", json=body)).status_code == 200


async def test_a_new_token_takes_the_place_of_the_old_one(gateway: Running) -> None:
    async with gateway.dashboard(ttl=5) as socket:
        await heard(socket)
        answer = await say(socket, type="auth", token=gateway.token("dashboard", ttl=600), id=1)
        assert (answer["type"], answer["id"]) == ("authenticated", 1)
        ends = datetime.fromisoformat(answer["expires_at"]).timestamp()
        assert abs(ends - time.time() - 600) < 10
        await asyncio.sleep(5.5)
        await assert_silence(socket)


async def test_an_earlier_end_counts_as_well(gateway: Running) -> None:
    async with gateway.dashboard(ttl=600) as socket:
        await heard(socket)
        await say(socket, type="auth", token=gateway.token("dashboard", ttl=4))
        assert (await end_of(socket, within=9))[0] == 4401


async def test_a_minute_before_the_end_it_is_told(gateway: Running) -> None:
    async with gateway.dashboard(ttl=61) as socket:
        greeting = await heard(socket)
        told = await heard(socket)
        assert told == {"type": "token_expiring", "expires_at": greeting["expires_at"]}
        await say(socket, type="auth", token=gateway.token("dashboard"))
        await assert_silence(socket)


async def test_a_narrower_token_is_sent_less_from_then_on(gateway: Running) -> None:
    async with gateway.dashboard("?topics=measurements,alerts") as socket:
        await heard(socket)
        narrow = gateway.token("dashboard", topics=["measurements:Maison"])
        assert (await say(socket, type="auth", token=narrow))["type"] == "authenticated"
        await ingest(gateway, "Bistrot")
        await ingest(gateway, "Maison")
        assert (await heard(socket))["enseigne"] == "Maison"
        answer = await say(socket, type="unsubscribe", topics=["modules"])
        assert answer["topics"] == ["measurements"]


async def test_a_wider_token_may_bring_what_the_narrow_one_kept_back(gateway: Running) -> None:
    async with gateway.dashboard(topics=["measurements:Maison"]) as socket:
        position = (await heard(socket))["position"]
        await ingest(gateway, "Bistrot")
        await say(socket, type="auth", token=gateway.token("dashboard"))
        answer = await say(socket, type="subscribe", topics=["all"], after=position)
        assert answer["recovered"]
        assert (await heard(socket))["enseigne"] == "Bistrot"


OTHERS: list[dict[str, Any]] = [
    {"role": "dashboard", "subject": "another"},
    {"role": "dashboard", "tenant": "globex"},
    {"role": "device"},
    {"role": "admin"},
]


@pytest.mark.parametrize("claims", OTHERS)
async def test_anybody_elses_token_changes_nothing(
    gateway: Running, claims: dict[str, Any]
) -> None:
    async with gateway.dashboard() as socket:
        await heard(socket)
        answer = await say(socket, type="auth", token=gateway.token(**claims), id="x")
        assert (answer["type"], answer["code"], answer["id"]) == ("error", "forbidden", "x")
        await ingest(gateway, "Maison")
        assert (await heard(socket))["type"] == "measurement"


async def test_tokens_that_do_not_verify_end_it_with_4400(start: Start) -> None:
    async with start(max_bad_commands=3) as gateway, gateway.dashboard() as socket:
        await heard(socket)
        expired = gateway.issuer.issue(
            subject="someone", tenant="acme", role=Role.DASHBOARD, ttl=60, now=time.time() - 120
        )
        for token in ("nonsense", expired, ""):
            answer = await say(socket, type="auth", token=token)
            assert (answer["code"], answer["retryable"]) == ("unauthenticated", False)
            assert token == "" or token not in str(answer)
        assert (await end_of(socket))[0] == 4400


async def test_it_counts_as_a_handshake_of_its_address(start: Start) -> None:
    async with start(handshake_rate_per_ip="2/hour") as gateway, gateway.dashboard() as socket:
        await heard(socket)
        token = gateway.token("dashboard")
        assert (await say(socket, type="auth", token=token))["type"] == "authenticated"
        answer = await say(socket, type="auth", token=token)
        assert (answer["code"], answer["retryable"]) == ("rate_limited", True)
        assert answer["limit"] == "handshake_rate_per_ip"
        assert answer["retry_after"] >= 1


async def test_from_then_on_the_new_token_is_the_one_that_may_be_revoked(
    gateway: Running,
) -> None:
    given = {name: gateway.token("dashboard") for name in ("old", "new")}
    named = {name: gateway.verified(token) for name, token in given.items()}
    path = gateway.settings.database_path
    with records(path) as sql:
        for principal in named.values():
            tokens.register(sql, principal)
    async with gateway.dashboard(token=given["old"]) as socket:
        await heard(socket)
        await say(socket, type="auth", token=given["new"])
        with records(path) as sql:
            tokens.end(sql, "acme", named["old"].token_id, int(time.time()))
        await asyncio.sleep(1.5)
        await assert_silence(socket)
        with records(path) as sql:
            tokens.end(sql, "acme", named["new"].token_id, int(time.time()))
        assert (await end_of(socket, within=2))[0] == 4401

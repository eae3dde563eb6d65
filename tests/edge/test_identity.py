"""Tokens of an outside identity provider, by a real one with a real gateway behind."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from app.edge import fetch as fetching
from app.edge import identity
from app.edge.identity import IdentityKeys
from app.settings import Settings
from tests.conftest import Start
from tests.edge.provider import ABSENT, AUDIENCE, DISCOVERY, KEYS, Answer, Provider, provider
from tests.edge.wire import error_of, heard, say, until


@pytest.fixture
async def idp(tmp_path: Path) -> AsyncIterator[Provider]:
    async with provider(tmp_path / "idp") as running:
        yield running


async def ask(client: httpx2.AsyncClient, token: str) -> httpx2.Response:
    return await client.get("/api/messages", headers={"Authorization": f"Bearer {token}"})


async def opened(client: httpx2.AsyncClient, token: str) -> None:
    """Waits for the first fetch, which a start does not wait for."""

    async def opens() -> bool:
        return (await ask(client, token)).status_code == 200

    await until(opens, within=5)


async def test_its_tokens_open_what_a_dashboard_may_beside_our_own(
    start: Start, idp: Provider
) -> None:
    async with start(**idp.settings()) as gateway, gateway.client() as client:
        await opened(client, idp.token("first"))
        assert (await ask(client, gateway.token("dashboard"))).status_code == 200
        async with gateway.dashboard(token=idp.token("first")) as socket:
            greeting = await heard(socket)
            assert greeting["tenant"] == "acme"
        assert idp.asked == {DISCOVERY: 1, KEYS: 1}


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "another"},
        {"aud": ["another"]},
        {"iss": "https://evil.example"},
        {"tenant": "*"},
        {"tenant": None},
        {"header": {"typ": "JWT"}},
        {"header": {"typ": None}},
        {"header": {"alg": "HS256"}},
        {"header": {"alg": "ES256"}},
        {"header": {"x5c": ["MIIB"]}},
    ],
)
async def test_what_is_not_as_it_was_set_is_refused(
    start: Start, idp: Provider, change: dict[str, Any]
) -> None:
    async with start(**idp.settings()) as gateway, gateway.client() as client:
        await opened(client, idp.token("first"))
        refused = await ask(client, idp.token("first", **change))
        assert (refused.status_code, error_of(refused.content)["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(("claim", "from_now"), [("exp", -1), ("iat", 60)])
async def test_what_has_ended_or_not_begun_is_refused(
    start: Start, idp: Provider, claim: str, from_now: int
) -> None:
    async with start(**idp.settings()) as gateway, gateway.client() as client:
        await opened(client, idp.token("first"))
        change: dict[str, Any] = {claim: int(time.time()) + from_now}
        refused = await ask(client, idp.token("first", **change))
        assert (refused.status_code, error_of(refused.content)["code"]) == (401, "unauthenticated")


async def test_a_provider_s_own_type_and_names_are_taken_where_they_are_set(
    start: Start, idp: Provider
) -> None:
    names = {
        "identity_token_types": "JWT,none",
        "identity_tenant_claim": "org.name",
        "identity_token_id_claim": "uti",
    }
    async with start(**idp.settings(**names)) as gateway, gateway.client() as client:
        claims = {"aud": ["account", AUDIENCE], "org": {"name": "globex"}, "uti": "t"}
        await opened(client, idp.token("first", header={"typ": "JWT"}, **claims))
        untyped = idp.token("first", header={"typ": ABSENT}, **claims)
        assert (await ask(client, untyped)).status_code == 200
        for typ in ("at+jwt", "none", None):
            token = idp.token("first", header={"typ": typ}, **claims)
            assert (await ask(client, token)).status_code == 401


async def test_a_role_is_what_the_settings_make_of_it(start: Start, idp: Provider) -> None:
    grants = {
        "identity_roles": "iaq-operator=admin,feeds=service",
        "identity_role_claim": "realm.roles",
    }
    async with start(**idp.settings(**grants)) as gateway, gateway.client() as client:
        await opened(client, idp.token("first"))
        admin = idp.token("first", realm={"roles": ["x", "iaq-operator"]})
        for token, status in ((admin, 200), (idp.token("first", role="admin"), 403)):
            headers = {"Authorization": f"Bearer {token}"}
            answer = await client.get("/ws/stats", headers=headers)
            assert answer.status_code == status


async def test_a_device_is_never_the_provider_s(start: Start, idp: Provider) -> None:
    async with start(**idp.settings()) as gateway, gateway.client() as client:
        token = idp.token("first", role="device")
        await opened(client, token)
        headers = {"Authorization": f"Bearer {token}"}
        assert (await client.post("/api/ingest", json={}, headers=headers)).status_code == 403


async def test_a_key_that_appears_is_fetched_while_a_request_is_told_to_come_again(
    start: Start, idp: Provider
) -> None:
    async with start(**idp.settings()) as gateway, gateway.client() as client:
        await opened(client, idp.token("first"))
        idp.add_key("second")
        before = time.monotonic()
        answer = await ask(client, idp.token("second"))
        assert time.monotonic() - before < 3, "no request waits for the provider"
        error = error_of(answer.content)
        assert (answer.status_code, error["code"], error["part"]) == (
            503,
            "unavailable",
            "identity",
        )
        assert answer.headers["retry-after"] == "2"
        await opened(client, idp.token("second"))

        for number in range(20):
            idp.signing[f"made-up-{number}"] = idp.signing["first"]
        tokens = [idp.token(f"made-up-{number}") for number in range(20)]
        assert [(await ask(client, token)).status_code for token in tokens] == [401] * 20
        assert idp.asked[KEYS] == 2, "once a minute at most, whatever is sent"


async def test_while_it_is_down_the_last_good_keys_verify_and_nothing_else_stops(
    start: Start, idp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "REFRESH", 0.1)
    monkeypatch.setattr(identity, "RETRY", 0.1)
    async with start(**idp.settings()) as gateway, gateway.client() as client:
        await opened(client, idp.token("first"))
        idp.changed[KEYS] = lambda _: Answer(b"", status="502 Bad Gateway")
        asked = idp.asked[KEYS]

        async def asked_twice() -> bool:
            return idp.asked[KEYS] >= asked + 2

        await until(asked_twice, within=5)
        assert (await ask(client, idp.token("first", jti="new"))).status_code == 200
        assert (await ask(client, gateway.token("dashboard"))).status_code == 200
        idp.add_key("second")
        assert (await ask(client, idp.token("second"))).status_code == 503

        idp.changed.clear()
        await opened(client, idp.token("second"))


async def test_a_key_it_takes_back_verifies_no_more(
    start: Start, idp: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "REFRESH", 0.1)
    async with start(**idp.settings()) as gateway, gateway.client() as client:
        token = idp.token("first")
        await opened(client, token)
        idp.add_key("second")
        del idp.signing["first"]

        async def is_refused() -> bool:
            return (await ask(client, token)).status_code == 401

        await until(is_refused, within=5)
        await opened(client, idp.token("second"))


async def test_a_gateway_starts_without_it(start: Start, idp: Provider) -> None:
    idp.changed[DISCOVERY] = lambda _: Answer(b"", status="500 Oops")
    async with start(**idp.settings()) as gateway, gateway.client() as client:
        assert (await ask(client, gateway.token("dashboard"))).status_code == 200
        assert (await ask(client, idp.token("first"))).status_code == 503
        page = (await client.get("/metrics")).text
        assert 'iaqverse_identity_fetches_total{outcome="failed"}' in page


def keys_of(idp: Provider, **more: Any) -> tuple[IdentityKeys, list[set[str]]]:
    settings = Settings.model_validate(idp.settings(**more))
    adopted: list[set[str]] = []
    return IdentityKeys(settings, lambda keys: adopted.append(set(keys))), adopted


def redirected(answer: Answer) -> Answer:
    return Answer(answer.body, "302 Found", ("Location: https://localhost:1/",))


def gzipped(answer: Answer) -> Answer:
    return Answer(answer.body, headers=(*answer.headers, "Content-Encoding: gzip"))


def as_html(answer: Answer) -> Answer:
    return Answer(answer.body, headers=("Content-Type: text/html",))


def huge(answer: Answer) -> Answer:
    return Answer(answer.body[:-1] + b', "pad": "' + b"x" * fetching.MAX_BYTES + b'"}')


def slow(answer: Answer) -> Answer:
    return Answer(answer.body, delay=30)


@pytest.mark.parametrize("path", [DISCOVERY, KEYS])
@pytest.mark.parametrize("change", [redirected, gzipped, as_html, huge, slow])
async def test_an_answer_that_is_not_to_be_trusted_changes_nothing(
    idp: Provider, path: str, change: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys, adopted = keys_of(idp)
    await keys.refresh()
    idp.add_key("second")
    idp.changed[path] = change
    before = time.monotonic()
    with monkeypatch.context() as hurried:
        hurried.setattr(fetching, "TIMEOUT", 0.5)
        await keys.refresh()
    assert time.monotonic() - before < 15
    assert adopted == [{"first"}]
    assert keys.fetches == {"ok": 1, "failed": 1}

    idp.changed.clear()
    await keys.refresh()
    assert adopted == [{"first"}, {"first", "second"}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (DISCOVERY, b"[]"),
        (DISCOVERY, b"[" * 100_000),
        (DISCOVERY, b'{"issuer": "https://localhost/realm", "jwks_uri": "https://localhost/keys"}'),
        (KEYS, b""),
        (KEYS, b'{"keys": []}'),
        (KEYS, b'{"keys": 7}'),
        (KEYS, b'{"keys":' + b"[" * 100_000),
    ],
)
async def test_a_document_that_is_none_changes_nothing(
    idp: Provider, path: str, body: bytes
) -> None:
    keys, adopted = keys_of(idp)
    idp.changed[path] = lambda _: Answer(body)
    await keys.refresh()
    assert (adopted, keys.fetches["failed"]) == ([], 1)


@pytest.mark.parametrize(
    "address",
    ["http://localhost:{port}/realm/keys", "https://localhost:1/keys", "https://169.254.169.254/",
     "https://localhost:{port}@evil.example/", "https://localhost:{port}.evil.example/", 7],
)  # fmt: skip
async def test_a_discovered_address_leads_nowhere_but_to_the_issuer(
    idp: Provider, address: str | int
) -> None:
    named = address.format(port=idp.port) if isinstance(address, str) else address
    idp.changed[DISCOVERY] = lambda _: Answer(
        f'{{"issuer": "{idp.issuer}", "jwks_uri": "{named}"}}'.encode()
        if isinstance(named, str)
        else f'{{"issuer": "{idp.issuer}", "jwks_uri": {named}}}'.encode()
    )
    keys, adopted = keys_of(idp)
    await keys.refresh()
    assert (adopted, keys.fetches["failed"], idp.asked[KEYS]) == ([], 1, 0)


async def test_a_set_address_needs_no_discovery(idp: Provider) -> None:
    keys, adopted = keys_of(idp, identity_jwks_url=f"{idp.issuer}/keys")
    await keys.refresh()
    assert adopted == [{"first"}]
    assert idp.asked == {KEYS: 1}


async def test_a_certificate_nobody_vouches_for_is_no_provider(idp: Provider) -> None:
    keys, adopted = keys_of(idp, identity_ca_file=None)
    await keys.refresh()
    assert (adopted, keys.fetches["failed"]) == ([], 1)


async def test_its_alice_is_not_ours(start: Start, idp: Provider) -> None:
    async with start(**idp.settings()) as gateway, gateway.client() as client:
        await opened(client, idp.token("first"))
        async with gateway.dashboard(subject="alice") as socket:
            await heard(socket)
            renewed = await say(socket, type="auth", token=idp.token("first", sub="alice"))
            assert (renewed["type"], renewed["code"]) == ("error", "forbidden")

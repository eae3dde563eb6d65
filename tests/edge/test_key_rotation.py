"""A rotation under a running gateway: nothing stops, nobody waits, and the former key goes."""

import json
import secrets
import time
from base64 import urlsafe_b64decode
from pathlib import Path

import httpx2
import pytest

from app.edge.keys import Keys
from app.settings import Settings
from auth.key_files import load_secret_file
from auth.keys import KeyRing, create_key, rotate
from auth.principal import Role
from auth.schedule import MARGIN
from auth.tokens import TokenIssuer
from tests.conftest import Running, Start
from tests.edge.wire import heard, say, until

NOTICED = 10.0
"""Seconds within which a running gateway takes the directory over."""


def settings_of(state: Path) -> Settings:
    return Settings.model_validate({"state_dir": state})


def issue(gateway: Running, now: float) -> str:
    """As every process signs that reads the directory anew."""
    issuer = TokenIssuer(KeyRing.load(gateway.settings.keys_dir), gateway.settings.token_issuer)
    return issuer.issue(subject="x", tenant="acme", role=Role.DASHBOARD, ttl=600, now=now)


def kid_of(token: str) -> str:
    head = token.partition(".")[0]
    kid: str = json.loads(urlsafe_b64decode(head + "=" * (-len(head) % 4)))["kid"]
    return kid


async def opens(client: httpx2.AsyncClient, token: str) -> bool:
    headers = {"Authorization": f"Bearer {token}"}
    return (await client.get("/api/messages", headers=headers)).status_code == 200


async def published(client: httpx2.AsyncClient) -> set[str]:
    keys = (await client.get("/auth/jwks.json")).json()["keys"]
    return {key["kid"] for key in keys}


async def test_nothing_stops_for_a_rotation(gateway: Running) -> None:
    directory = gateway.settings.keys_dir
    (former,) = KeyRing.load(directory).keys
    async with gateway.client() as client, gateway.dashboard() as socket:
        await heard(socket)
        before = issue(gateway, time.time())
        assert await opens(client, before)

        new = rotate(directory, since=time.time() + 3)
        pending = issue(gateway, time.time())
        assert kid_of(pending) == former, "published, and not used yet"

        async def is_published() -> bool:
            return await published(client) == {former, new}

        await until(is_published, within=NOTICED)
        assert await opens(client, before)
        assert await opens(client, pending)

        async def is_used() -> bool:
            return kid_of(issue(gateway, time.time())) == new

        await until(is_used, within=4)
        after = issue(gateway, time.time())
        for token in (before, pending, after):
            assert await opens(client, token), "the first request with it is answered"
        assert (await say(socket, type="ping"))["type"] == "pong"


async def test_the_former_key_is_deleted_when_its_last_token_has_ended(tmp_path: Path) -> None:
    settings, now = settings_of(tmp_path), 1_700_000_000.0
    directory = settings.keys_dir
    former = create_key(directory)
    keys = Keys(settings, clock=lambda: now)
    old = keys.issuer.issue(subject="x", tenant="a", role=Role.DASHBOARD, ttl=900, now=now)
    new = rotate(directory, since=now)

    assert not keys.refresh(), "no key is gone"
    recent = keys.issuer.issue(subject="x", tenant="a", role=Role.DASHBOARD, ttl=900, now=now)
    assert (kid_of(old), kid_of(recent)) == (former, new)
    now += 899
    assert not keys.refresh()
    assert keys.verifier.verify(old, now).subject == "x"
    now += 1 + MARGIN
    assert keys.refresh(), "a key is gone"
    assert [key["kid"] for key in json.loads(keys.jwks)["keys"]] == [new]


async def test_a_key_whose_file_is_taken_away_is_withdrawn_with_all_it_signed(
    gateway: Running,
) -> None:
    directory = gateway.settings.keys_dir
    (former,) = KeyRing.load(directory).keys
    old = gateway.token("dashboard")
    async with gateway.client() as client:
        assert await opens(client, old)
        rotate(directory, since=time.time())
        (directory / f"{former}.pem").unlink()

        async def old_is_refused() -> bool:
            return not await opens(client, old)

        await until(old_is_refused, within=NOTICED)
        assert await opens(client, issue(gateway, time.time()))


@pytest.mark.parametrize("damage", ["half a key", ""])
def test_a_directory_that_cannot_be_read_changes_nothing(tmp_path: Path, damage: str) -> None:
    settings, now = settings_of(tmp_path), 1_700_000_000.0
    create_key(settings.keys_dir)
    keys = Keys(settings, clock=lambda: now)
    token = keys.issuer.issue(subject="x", tenant="a", role=Role.DASHBOARD, ttl=900, now=now)
    (settings.keys_dir / "signing").write_text(damage)
    assert not keys.refresh()
    assert keys.verifier.verify(token, now).subject == "x"


async def test_gateways_that_share_a_secret_file_take_it_over_when_it_changes(
    start: Start, tmp_path: Path
) -> None:
    file, old, new = tmp_path / "secrets", secrets.token_hex(32), secrets.token_hex(32)
    file.touch(0o600)
    file.write_text(old)
    async with start(token_algorithm="HS256", token_secret_file=file) as gateway:
        token = gateway.token("dashboard")
        async with gateway.client() as client:
            assert await opens(client, token)
            assert await published(client) == set(), "a secret has no public half"

            file.write_text(f"{new}\n{old}\n")
            issuer = TokenIssuer(load_secret_file(file), gateway.settings.token_issuer)
            later = issuer.issue(
                subject="x", tenant="a", role=Role.DASHBOARD, ttl=60, now=time.time()
            )

            async def is_taken_over() -> bool:
                return await opens(client, later)

            await until(is_taken_over, within=NOTICED)
            assert await opens(client, token)

            file.write_text(new)

            async def old_is_refused() -> bool:
                return not await opens(client, token)

            await until(old_is_refused, within=NOTICED)
            assert await opens(client, later)

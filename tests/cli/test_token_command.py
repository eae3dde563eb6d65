"""`token`: prints just the token, of the claims that were asked for."""

import time

from auth.keys import KeyRing
from auth.principal import Principal, Role
from auth.tokens import TokenVerifier
from tests.cli.command import USAGE, Shell


def verified(shell: Shell, token: str, issuer: str = "iaqverse-gateway") -> Principal:
    verifier = TokenVerifier(KeyRing.load(shell.state / "keys"), issuer)
    return verifier.verify(token, time.time())


async def test_a_token_stands_alone_on_stdout_with_its_claims(shell: Shell) -> None:
    plain, narrowed, platform = await shell.run_all(
        "token --role dashboard --tenant acme",
        "token --role device --tenant acme --subject hub1 --sensors s2,s1 --ttl 30d"
        " --topics measurements:Maison/Bureau,alerts",
        "token --role admin --tenant * --ttl 90",
    )
    assert [ended.err for ended in (plain, narrowed, platform)] == [""] * 3

    dashboard = verified(shell, plain.result())
    assert (dashboard.role, dashboard.tenant) == (Role.DASHBOARD, "acme")
    assert (dashboard.subject, dashboard.topics, dashboard.sensors) == ("dashboard-cli", None, None)
    assert dashboard.expires_at - dashboard.issued_at == 15 * 60

    device = verified(shell, narrowed.result())
    assert (device.role, device.subject, device.sensors) == (
        Role.DEVICE,
        "hub1",
        frozenset({"s1", "s2"}),
    )
    assert device.topics == ("measurements:Maison/Bureau", "alerts")
    assert device.expires_at - device.issued_at == 30 * 86_400

    admin = verified(shell, platform.result())
    assert (admin.role, admin.tenant, admin.expires_at - admin.issued_at) == (Role.ADMIN, "*", 90)


async def test_the_settings_count_for_tokens_too(shell: Shell) -> None:
    words = "token --role service --tenant acme"
    (ended,) = await shell.run_all(words, TOKEN_ISSUER="another")
    assert verified(shell, ended.result(), "another").role is Role.SERVICE


async def test_what_is_not_understood_is_wrong_usage(shell: Shell) -> None:
    for ended in await shell.run_all(
        "token --role king --tenant acme",
        "token --role dashboard",
        "token --role dashboard --tenant acme --ttl soon",
        "token --role dashboard --tenant acme --colour blue",
    ):
        assert "Usage" in ended.reason(USAGE)


async def test_what_would_not_verify_is_refused_with_a_sentence(shell: Shell) -> None:
    refusals = await shell.run_all(
        "token --role dashboard --tenant *",
        "token --role dashboard --tenant A/B",
        "token --role dashboard --tenant acme --ttl 13h",
        "token --role dashboard --tenant acme --topics weather",
    )
    words = ["a tenant's name", "a tenant's name", "ttl", "a topic starts with"]
    for ended, said in zip(refusals, words, strict=True):
        assert said in ended.reason()
        assert len(ended.err.splitlines()) == 1


async def test_without_keys_there_are_no_tokens_and_no_gateway(shell: Shell) -> None:
    token, serve, listed = await shell.run_all(
        "token --role dashboard --tenant acme",
        "serve --tcp 127.0.0.1:0",
        "keys list",
        STATE_DIR="elsewhere",
    )
    assert token.reason() == listed.reason() == "no signing key in elsewhere/keys\n"
    assert serve.code == 1
    assert "no signing key in elsewhere/keys" in serve.err

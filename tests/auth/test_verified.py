from collections.abc import Callable
from typing import Any

import pytest

from auth.errors import TokenRefusedError
from auth.principal import Role
from auth.revocation import Denied, Revocations
from auth.tokens import TokenIssuer, TokenVerifier
from auth.verified import VerifiedTokens

NOW = 1_700_000_000.0

Issue = Callable[[], str]


@pytest.fixture
def issue(issuer: TokenIssuer) -> Issue:
    return lambda: issuer.issue(
        subject="alice", tenant="acme", role=Role.DASHBOARD, ttl=900, now=NOW
    )


@pytest.fixture
def revocations() -> Revocations:
    return Revocations()


@pytest.fixture
def tokens(verifier: TokenVerifier, revocations: Revocations) -> VerifiedTokens:
    return VerifiedTokens(verifier, capacity=2, revoked=revocations.revoked)


def counts(tokens: VerifiedTokens) -> tuple[int, int, int]:
    return tokens.hits, tokens.misses, tokens.refused.total()


def reason(tokens: VerifiedTokens, token: str, now: float = NOW) -> str:
    with pytest.raises(TokenRefusedError) as refused:
        tokens.principal(token, now)
    return refused.value.reason


def test_a_token_is_verified_once(tokens: VerifiedTokens, issue: Issue) -> None:
    token = issue()
    first = tokens.principal(token, NOW)
    assert tokens.principal(token, NOW) is first
    assert counts(tokens) == (1, 1, 0)


def test_a_known_token_ends_when_it_ends(tokens: VerifiedTokens, issue: Issue) -> None:
    token = issue()
    tokens.principal(token, NOW)
    tokens.principal(token, NOW + 899.9)
    assert reason(tokens, token, NOW + 900) == "expired"
    assert len(tokens) == 0
    assert counts(tokens) == (1, 1, 1)


def test_a_known_token_is_refused_from_the_moment_it_is_revoked(
    tokens: VerifiedTokens, revocations: Revocations, issue: Issue
) -> None:
    token = issue()
    principal = tokens.principal(token, NOW)
    revocations.denied = Denied(tokens=frozenset({("acme", principal.token_id)}))
    assert reason(tokens, token) == "revoked"
    assert tokens.principal(issue(), NOW).tenant == "acme"


def test_a_tenant_s_tokens_are_refused_while_it_is_disabled(
    tokens: VerifiedTokens, revocations: Revocations, issue: Issue
) -> None:
    token = issue()
    tokens.principal(token, NOW)
    revocations.denied = Denied(tenants=frozenset({"acme"}))
    assert reason(tokens, token) == "revoked"
    assert reason(tokens, issue()) == "revoked"
    revocations.denied = Denied()
    tokens.principal(token, NOW)


def test_at_capacity_the_one_not_used_for_longest_goes(
    tokens: VerifiedTokens, issue: Issue
) -> None:
    first, second, third = issue(), issue(), issue()
    for token in (first, second, first, third):
        tokens.principal(token, NOW)
    assert len(tokens) == 2
    tokens.principal(first, NOW)
    assert counts(tokens) == (2, 3, 0)
    tokens.principal(second, NOW)
    assert counts(tokens) == (2, 4, 0)


def test_a_flood_of_bad_tokens_pushes_no_good_one_out(tokens: VerifiedTokens, issue: Issue) -> None:
    token = issue()
    tokens.principal(token, NOW)
    for number in range(10):
        assert reason(tokens, f"{token}{number}") in {"malformed", "signature"}
    tokens.principal(token, NOW)
    assert counts(tokens) == (1, 11, 10)


@pytest.mark.parametrize("token", ["", "\ud800", "é.é.é", "x" * 100_000])
def test_junk_is_refused_like_any_other(tokens: VerifiedTokens, token: str) -> None:
    assert reason(tokens, token) == "malformed"
    assert len(tokens) == 0


def test_no_token_stays_in_memory(tokens: VerifiedTokens, issue: Issue) -> None:
    token = issue()
    tokens.principal(token, NOW)
    state: dict[str, Any] = vars(tokens)
    assert token not in repr(state)


def test_after_a_key_was_withdrawn_all_is_verified_anew(
    tokens: VerifiedTokens, issue: Issue
) -> None:
    token = issue()
    tokens.principal(token, NOW)
    tokens.clear()
    tokens.principal(token, NOW)
    assert counts(tokens) == (0, 2, 0)


def test_it_holds_one_at_least(verifier: TokenVerifier, revocations: Revocations) -> None:
    with pytest.raises(ValueError, match="capacity"):
        VerifiedTokens(verifier, capacity=0, revoked=revocations.revoked)

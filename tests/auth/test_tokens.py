"""What is issued verifies, says what was asked, and lives as long as its role may."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from auth.claims import AUDIENCE, MAX_TTL
from auth.errors import TokenRefusedError
from auth.keys import KeyRing, create_key, rotate
from auth.principal import PLATFORM, Principal, Role
from auth.tokens import MAX_TOKEN_LENGTH, TokenIssuer, TokenVerifier

NOW = 1_700_000_000.25
ISSUER = "https://gateway.test"

Sign = Callable[..., str]


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def issue(issuer: TokenIssuer, **changes: Any) -> str:
    asked = {"subject": "alice", "tenant": "acme", "role": Role.DASHBOARD, "ttl": 900, "now": NOW}
    return issuer.issue(**{**asked, **changes})


def test_an_issued_token_verifies_to_the_principal_it_was_issued_for(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    token = issue(issuer, topics=["measurements:Maison"], sensors=["s2", "s1"])
    principal = verifier.verify(token, NOW)
    assert principal == Principal(
        subject="alice",
        tenant="acme",
        role=Role.DASHBOARD,
        token_id=principal.token_id,
        issued_at=1_700_000_000,
        expires_at=1_700_000_900,
        topics=("measurements:Maison",),
        sensors=frozenset({"s1", "s2"}),
    )


def test_a_token_that_is_not_narrowed_says_nothing_of_topics_and_sensors(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    token = issue(issuer)
    assert json.loads(decoded(token.split(".")[1])).keys() == {
        *("iss", "aud", "sub", "jti", "iat", "exp", "tenant", "role")
    }
    principal = verifier.verify(token, NOW)
    assert principal.topics is None
    assert principal.sensors is None


def test_narrowed_to_nothing_is_not_the_same_as_not_narrowed(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    principal = verifier.verify(issue(issuer, topics=[], sensors=[]), NOW)
    assert principal.topics == ()
    assert principal.sensors == frozenset()


def test_the_header_holds_algorithm_kid_and_type_only(keys: KeyRing, issuer: TokenIssuer) -> None:
    assert json.loads(decoded(issue(issuer).split(".")[0])) == {
        "alg": "ES256",
        "kid": keys.signing_at(NOW).kid,
        "typ": "at+jwt",
    }


def test_anyone_can_verify_with_the_published_half(keys: KeyRing, issuer: TokenIssuer) -> None:
    [published] = keys.jwks()["keys"]
    x, y = (int.from_bytes(decoded(published[name])) for name in ("x", "y"))
    public = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
    signing_input, _, signature = issue(issuer).rpartition(".")
    raw = decoded(signature)
    der = encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    public.verify(der, signing_input.encode(), ec.ECDSA(hashes.SHA256()))


def test_no_two_tokens_share_an_id(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    ids = {verifier.verify(issue(issuer), NOW).token_id for _ in range(20)}
    assert len(ids) == 20


def test_what_the_tests_sign_by_hand_verifies(
    verifier: TokenVerifier, sign: Sign, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    """Else each refusal below could have another cause than the one it names."""
    assert verifier.verify(sign(header, claims), NOW).subject == "alice"


@pytest.mark.parametrize("role", Role)
def test_a_role_has_its_longest_life(
    issuer: TokenIssuer, verifier: TokenVerifier, role: Role
) -> None:
    principal = verifier.verify(issue(issuer, role=role, ttl=MAX_TTL[role]), NOW)
    assert principal.expires_at - principal.issued_at == MAX_TTL[role]
    with pytest.raises(ValueError, match="ttl"):
        issue(issuer, role=role, ttl=MAX_TTL[role] + 1)


def test_the_longest_lives_are_as_documented() -> None:
    hour, day = 3_600, 86_400
    assert MAX_TTL[Role.DASHBOARD] == MAX_TTL[Role.ADMIN] == 12 * hour
    assert MAX_TTL[Role.SERVICE] == 365 * day
    assert MAX_TTL[Role.DEVICE] == 3_650 * day


@pytest.mark.parametrize("ttl", [0, -1])
def test_a_token_lives_a_second_at_least(issuer: TokenIssuer, ttl: int) -> None:
    with pytest.raises(ValueError, match="ttl"):
        issue(issuer, ttl=ttl)


@pytest.mark.parametrize(
    "asked",
    [
        {"tenant": "Acme"},
        {"tenant": PLATFORM},
        {"subject": ""},
        {"topics": [""]},
        {"sensors": ["s" * 129]},
    ],
)
def test_what_would_not_verify_is_not_issued(issuer: TokenIssuer, asked: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(asked))):
        issue(issuer, **asked)


def test_an_admin_may_belong_to_the_platform(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    token = issue(issuer, tenant=PLATFORM, role=Role.ADMIN)
    assert verifier.verify(token, NOW).tenant == "*"


def test_a_token_longer_than_the_verifier_reads_is_not_issued(issuer: TokenIssuer) -> None:
    with pytest.raises(ValueError, match=str(MAX_TOKEN_LENGTH)):
        issue(issuer, role=Role.DEVICE, sensors=[f"sensor-{n:05}" for n in range(1_000)])


def test_a_token_ends_in_the_second_it_names(issuer: TokenIssuer, verifier: TokenVerifier) -> None:
    token = issue(issuer, ttl=900)
    verifier.verify(token, 1_700_000_899.999)
    with pytest.raises(TokenRefusedError) as refused:
        verifier.verify(token, 1_700_000_900.0)
    assert refused.value.reason == "expired"


def test_an_issuer_s_clock_may_run_five_seconds_ahead(
    issuer: TokenIssuer, verifier: TokenVerifier
) -> None:
    token = issue(issuer, now=1_700_000_005.0)
    verifier.verify(token, 1_700_000_000.0)
    with pytest.raises(TokenRefusedError) as refused:
        verifier.verify(token, 1_699_999_999.9)
    assert refused.value.reason == "claims"


def test_a_claim_we_do_not_know_is_no_fault(
    verifier: TokenVerifier, sign: Sign, header: dict[str, Any], claims: dict[str, Any]
) -> None:
    """RFC 7519 section 4."""
    verifier.verify(sign(header, claims | {"email": "a@example.org"}), NOW)


def test_a_verifier_is_for_one_issuer(keys: KeyRing, issuer: TokenIssuer) -> None:
    with pytest.raises(TokenRefusedError) as refused:
        TokenVerifier(keys, "https://other.test").verify(issue(issuer), NOW)
    assert refused.value.reason == "claims"


def test_a_rotation_stops_nothing(tmp_path: Path) -> None:
    create_key(tmp_path)
    before = KeyRing.load(tmp_path)
    verifier = TokenVerifier(before, ISSUER)
    old = issue(TokenIssuer(before, ISSUER))

    rotate(tmp_path, since=NOW)
    after = KeyRing.load(tmp_path)
    new = issue(TokenIssuer(after, ISSUER))
    with pytest.raises(TokenRefusedError) as refused:
        verifier.verify(new, NOW)
    assert refused.value.reason == "unknown_key"

    verifier.adopt(after)
    assert verifier.verify(old, NOW).subject == verifier.verify(new, NOW).subject


def test_a_withdrawn_key_verifies_no_more(tmp_path: Path) -> None:
    kid = create_key(tmp_path)
    verifier = TokenVerifier(KeyRing.load(tmp_path), ISSUER)
    token = issue(TokenIssuer(KeyRing.load(tmp_path), ISSUER))
    rotate(tmp_path, NOW)
    (tmp_path / f"{kid}.pem").unlink()
    verifier.adopt(KeyRing.load(tmp_path))
    with pytest.raises(TokenRefusedError) as refused:
        verifier.verify(token, NOW)
    assert refused.value.reason == "unknown_key"


def test_the_audience_is_the_gateway() -> None:
    assert AUDIENCE == "iaqverse-gateway"

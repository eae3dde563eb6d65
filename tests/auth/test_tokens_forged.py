"""No forged and no mutated token is accepted, and nothing but a refusal comes out.

For each kind of key: our own ES256 and HS256, and RS256 of an identity provider.
`FORGED_TOKENS=100000` raises the number that is tried of each; `make audit` does.
"""

import hashlib
import hmac
import json
import os
import secrets
from collections import Counter
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from auth.errors import TokenRefusedError
from auth.key_files import load_secret_file
from auth.key_sets import PublicKey
from auth.keys import KeyRing
from auth.outside import OutsideClaims, outside_rules
from auth.tokens import TokenVerifier
from tests.auth.conftest import ISSUER, pair
from tests.auth.forging import NOW, Forger, Json, Signer, Target

FORGED_TOKENS = int(os.environ.get("FORGED_TOKENS", "2500"))
OUTSIDE = "https://login.example"
OUTSIDE_KEY = rsa.generate_private_key(65_537, 2_048)
RULES = outside_rules(
    OUTSIDE,
    "iaqverse-gateway",
    frozenset({"at+jwt"}),
    OutsideClaims("tenant", "role", "topics", "sensors", "jti", roles={}),
)


def ecdsa(key: ec.EllipticCurvePrivateKey) -> Signer:
    def sign(signing_input: bytes) -> bytes:
        r, s = decode_dss_signature(key.sign(signing_input, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    return sign


def pkcs1(key: rsa.RSAPrivateKey) -> Signer:
    return lambda signing_input: key.sign(signing_input, padding.PKCS1v15(), hashes.SHA256())


def hmac256(secret: bytes) -> Signer:
    return lambda signing_input: hmac.digest(secret, signing_input, hashlib.sha256)


def encodings(public: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> list[bytes]:
    """CVE-2026-85394, CVE-2024-33663: public keys taken for HMAC secrets."""
    spki = PublicFormat.SubjectPublicKeyInfo
    return [
        public.public_bytes(Encoding.DER, spki),
        public.public_bytes(Encoding.PEM, spki),
        public.public_bytes(Encoding.PEM, spki).strip(),
        public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
    ]


STRANGERS = [ecdsa(ec.generate_private_key(ec.SECP256R1())), hmac256(b""), hmac256(b"secret")]
RSA_STRANGER = pkcs1(rsa.generate_private_key(65_537, 2_048))


def claims_of(issuer: str) -> Json:
    return {"iss": issuer, "aud": "iaqverse-gateway", "sub": "alice", "jti": "token-1",
            "iat": NOW, "exp": NOW + 900, "tenant": "acme", "role": "dashboard"}  # fmt: skip


def header_of(algorithm: str, kid: str) -> Json:
    return {"alg": algorithm, "kid": kid, "typ": "at+jwt"}


def es256(keys: KeyRing) -> Target:
    private, public = pair(keys)
    kid = keys.signing_at(NOW).kid
    points = [
        public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
    ]
    known = [*encodings(public), *points, json.dumps(keys.jwks()).encode(), kid.encode(), b""]
    strangers = [*STRANGERS, pkcs1(OUTSIDE_KEY)]
    return Target(header_of("ES256", kid), claims_of(ISSUER), ecdsa(private), strangers, known)


def hs256(secret: bytes, keys: KeyRing) -> Target:
    kid = keys.signing_at(NOW).kid
    known = [kid.encode(), b"", b"secret", secret[:-1], secret.hex().encode()]
    strangers = [*STRANGERS, pkcs1(OUTSIDE_KEY)]
    return Target(header_of("HS256", kid), claims_of(ISSUER), hmac256(secret), strangers, known)


def rs256(own: KeyRing) -> Target:
    """What the provider can sign, and what holders of other keys can, ours among them."""
    return Target(
        header_of("RS256", "theirs"),
        claims_of(OUTSIDE),
        pkcs1(OUTSIDE_KEY),
        [*STRANGERS, RSA_STRANGER, ecdsa(pair(own)[0])],
        [*encodings(OUTSIDE_KEY.public_key()), b"theirs", b""],
        free=frozenset({"role"}),  # without a mapping it grants nothing
    )


def all_are_refused(verifier: TokenVerifier, target: Target) -> None:
    verifier.verify(target.token(), NOW)
    forger = Forger(target, seed=FORGED_TOKENS)
    reasons = Counter[str]()
    for number in range(FORGED_TOKENS):
        token = forger.forge()
        try:
            verifier.verify(token, NOW)
        except TokenRefusedError as refused:
            reasons[refused.reason] += 1
        else:
            pytest.fail(f"number {number} was accepted: {token!r}")
    assert reasons.total() == FORGED_TOKENS
    every = {"malformed", "header", "unknown_key", "signature", "claims", "expired"}
    assert set(reasons) == every, "each check has had something to refuse"


def verifier_of(keys: KeyRing) -> TokenVerifier:
    verifier = TokenVerifier(keys, ISSUER, RULES)
    verifier.adopt_outside({"theirs": PublicKey("RS256", OUTSIDE_KEY.public_key())})
    return verifier


def test_no_token_of_ours_can_be_forged(keys: KeyRing) -> None:
    all_are_refused(verifier_of(keys), es256(keys))


def test_no_token_by_a_shared_secret_can_be_forged(tmp_path: Path) -> None:
    secret, file = secrets.token_bytes(32), tmp_path / "secret"
    file.touch(0o600)
    file.write_text(secret.hex())
    keys = load_secret_file(file)
    all_are_refused(verifier_of(keys), hs256(secret, keys))


def test_no_token_of_an_identity_provider_can_be_forged(keys: KeyRing) -> None:
    all_are_refused(verifier_of(keys), rs256(keys))


def test_a_provider_cannot_sign_for_us(keys: KeyRing) -> None:
    """Neither under its own key, nor by naming ours."""
    verifier, own = verifier_of(keys), es256(keys)
    theirs = pkcs1(OUTSIDE_KEY)
    for header in (own.header, own.header | {"alg": "RS256"}, header_of("RS256", "theirs")):
        forged = Target(header, own.claims, theirs, [], [])
        with pytest.raises(TokenRefusedError):
            verifier.verify(forged.token(), NOW)


def test_a_kid_that_is_ours_stays_ours_whatever_a_key_set_says(keys: KeyRing) -> None:
    verifier, own = verifier_of(keys), es256(keys)
    verifier.adopt_outside({own.header["kid"]: PublicKey("RS256", OUTSIDE_KEY.public_key())})
    assert verifier.verify(own.token(), NOW).subject == "alice"
    taken = Target(header_of("RS256", own.header["kid"]), claims_of(OUTSIDE), pkcs1(OUTSIDE_KEY),
                   [], [])  # fmt: skip
    with pytest.raises(TokenRefusedError):
        verifier.verify(taken.token(), NOW)

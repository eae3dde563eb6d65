"""Real keys, and a second, independent way to write tokens: so a wrong one can be well signed."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from auth.keys import KeyRing, create_key
from auth.signing_key import KeyPair
from auth.tokens import TokenIssuer, TokenVerifier

ISSUER = "https://gateway.test"
NOW = 1_700_000_000


def segment(content: bytes | dict[str, Any]) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def pair(keys: KeyRing) -> tuple[ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey]:
    """Both halves of the key that signs."""
    key = keys.signing_at(NOW)
    assert isinstance(key, KeyPair)
    assert key.private
    return key.private, key.public


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> KeyRing:
    directory: Path = tmp_path_factory.mktemp("state") / "keys"
    create_key(directory)
    return KeyRing.load(directory)


@pytest.fixture(scope="session")
def issuer(keys: KeyRing) -> TokenIssuer:
    return TokenIssuer(keys, ISSUER)


@pytest.fixture(scope="session")
def verifier(keys: KeyRing) -> TokenVerifier:
    return TokenVerifier(keys, ISSUER)


@pytest.fixture
def header(keys: KeyRing) -> dict[str, Any]:
    return {"alg": "ES256", "kid": keys.signing_at(NOW).kid, "typ": "at+jwt"}


@pytest.fixture
def claims() -> dict[str, Any]:
    return {
        "iss": ISSUER,
        "aud": "iaqverse-gateway",
        "sub": "alice",
        "jti": "token-1",
        "iat": NOW,
        "exp": NOW + 900,
        "tenant": "acme",
        "role": "dashboard",
    }


@pytest.fixture(scope="session")
def sign(keys: KeyRing) -> Callable[..., str]:
    """`sign(header, claims, key=…)`: both as a dict or as raw bytes, signed as ES256 says."""
    own = pair(keys)[0]

    def signed(
        header: bytes | dict[str, Any],
        claims: bytes | dict[str, Any],
        key: ec.EllipticCurvePrivateKey = own,
    ) -> str:
        signing_input = f"{segment(header)}.{segment(claims)}"
        der = key.sign(signing_input.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(der)
        return f"{signing_input}.{segment(r.to_bytes(32) + s.to_bytes(32))}"

    return signed

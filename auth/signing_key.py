"""One key that signs or verifies our tokens: ES256's pair, or the secret of HS256."""

import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import ClassVar, Final, Literal, TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

_COORDINATE_BYTES: Final = 32  # RFC 7518 section 6.2.1.2: P-256, leading zeros kept


@dataclass(frozen=True, slots=True)
class KeyPair:
    """One key, one algorithm: a token can't choose another (RFC 8725 section 3.1)."""

    kid: str
    public: ec.EllipticCurvePublicKey
    private: ec.EllipticCurvePrivateKey | None = field(repr=False)
    """None: it only verifies."""
    algorithm: ClassVar[Literal["ES256"]] = "ES256"

    def jwk(self) -> dict[str, str]:
        """The public half, RFC 7517."""
        return {**_point(self.public), "kid": self.kid, "use": "sig", "alg": self.algorithm}


@dataclass(frozen=True, slots=True)
class SharedSecret:
    kid: str
    secret: bytes = field(repr=False)
    algorithm: ClassVar[Literal["HS256"]] = "HS256"

    def jwk(self) -> None:
        """It has no public half: whoever can verify can sign."""


SigningKey: TypeAlias = KeyPair | SharedSecret


def private_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """Raises ValueError, which says what is wrong and quotes nothing of it."""
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Without its cause: a parser's message may quote what it parsed.
        raise ValueError("no unencrypted private key in PEM") from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise ValueError("no P-256 key, which ES256 asks for")
    return private


def public_key(pem: bytes) -> ec.EllipticCurvePublicKey:
    """Raises ValueError, as `private_key` does."""
    try:
        public = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ValueError("no public key in PEM") from None
    if not isinstance(public, ec.EllipticCurvePublicKey) or public.curve.name != "secp256r1":
        raise ValueError("no P-256 key, which ES256 asks for")
    return public


def thumbprint(public: ec.EllipticCurvePublicKey) -> str:
    """RFC 7638: a kid on which all agree who hold the key."""
    canonical = json.dumps(_point(public), sort_keys=True, separators=(",", ":"))
    return _base64url(sha256(canonical.encode()).digest())


def _point(public: ec.EllipticCurvePublicKey) -> dict[str, str]:
    point = public.public_numbers()
    x, y = (_base64url(number.to_bytes(_COORDINATE_BYTES)) for number in (point.x, point.y))
    return {"kty": "EC", "crv": "P-256", "x": x, "y": y}


def _base64url(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()

"""One key that signs or verifies tokens, and how it is read."""

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final, Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

_COORDINATE_BYTES: Final = 32  # RFC 7518 section 6.2.1.2: P-256, leading zeros kept


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key, one algorithm: a token can't choose another (RFC 8725 section 3.1)."""

    kid: str
    algorithm: Literal["ES256"]
    private: ec.EllipticCurvePrivateKey = field(repr=False)

    @property
    def public(self) -> ec.EllipticCurvePublicKey:
        return self.private.public_key()

    def jwk(self) -> dict[str, str]:
        """The public half, RFC 7517."""
        point = self.public.public_numbers()
        return {
            "kty": "EC",
            "crv": "P-256",
            "x": _base64url(point.x),
            "y": _base64url(point.y),
            "kid": self.kid,
            "use": "sig",
            "alg": self.algorithm,
        }


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


def _base64url(coordinate: int) -> str:
    return urlsafe_b64encode(coordinate.to_bytes(_COORDINATE_BYTES)).rstrip(b"=").decode()

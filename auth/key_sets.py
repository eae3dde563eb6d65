"""Key sets of others (RFC 7517): only what verifies signatures, one key one algorithm."""

import json
import re
from base64 import urlsafe_b64decode
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec, rsa

Algorithm: TypeAlias = Literal["RS256", "ES256"]
MAX_KEYS: Final = 100
MAX_KID_LENGTH: Final = 256
_MIN_RSA_BITS, _MAX_RSA_BITS = 2_048, 8_192
"""RFC 7518 section 3.3; and beyond, a signature costs more to verify than a flood may ask for."""
_BASE64URL = re.compile(r"\A[A-Za-z0-9_-]+\Z")
_TYPES: Final[dict[str, Algorithm]] = {"RSA": "RS256", "EC": "ES256"}


@dataclass(frozen=True, slots=True)
class PublicKey:
    algorithm: Algorithm
    public: rsa.RSAPublicKey | ec.EllipticCurvePublicKey


def read_key_set(document: bytes, algorithms: frozenset[str]) -> dict[str, PublicKey]:
    """The keys of use, by kid. What is for other algorithms or other ends is passed over, and so
    are two keys of one kid. Raises ValueError for no key set, or one without a key of use.
    """
    try:
        listed = json.loads(document)["keys"]
    except (ValueError, TypeError, KeyError, RecursionError):
        raise ValueError("no key set") from None
    if not isinstance(listed, list) or len(listed) > MAX_KEYS:
        raise ValueError(f"no key set of at most {MAX_KEYS} keys")
    entries = [entry for entry in listed if isinstance(entry, dict)]
    times = Counter(kid for entry in entries if isinstance(kid := entry.get("kid"), str))
    keys = {}
    for entry in entries:
        kid, key = entry.get("kid"), _usable(entry, algorithms)
        if key and isinstance(kid, str) and 0 < len(kid) <= MAX_KID_LENGTH and times[kid] == 1:
            keys[kid] = key
    if not keys:
        raise ValueError("a key set without a key of use")
    return keys


def _usable(entry: dict[str, Any], algorithms: frozenset[str]) -> PublicKey | None:
    algorithm = _TYPES.get(str(entry.get("kty")))
    if algorithm not in algorithms or entry.get("alg", algorithm) != algorithm or "d" in entry:
        return None
    operations = entry.get("key_ops", ["verify"])
    if entry.get("use", "sig") != "sig" or not isinstance(operations, list):
        return None
    try:
        public = _rsa(entry) if algorithm == "RS256" else _p256(entry)
    except (ValueError, KeyError, TypeError):
        return None
    return PublicKey(algorithm, public) if "verify" in operations else None


def _rsa(entry: dict[str, Any]) -> rsa.RSAPublicKey:
    modulus, exponent = _number(entry["n"]), _number(entry["e"])
    if not _MIN_RSA_BITS <= modulus.bit_length() <= _MAX_RSA_BITS or exponent.bit_length() > 32:  # noqa: PLR2004  (65537 has 17)
        raise ValueError("a key too weak or too dear")
    return rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _p256(entry: dict[str, Any]) -> ec.EllipticCurvePublicKey:
    if entry["crv"] != "P-256":
        raise ValueError("ES256 asks for P-256")
    numbers = ec.EllipticCurvePublicNumbers(
        _number(entry["x"]), _number(entry["y"]), ec.SECP256R1()
    )
    return numbers.public_key()


def _number(text: str) -> int:
    if not _BASE64URL.match(text):
        raise ValueError("base64url")
    return int.from_bytes(urlsafe_b64decode(text + "=" * (-len(text) % 4)))

"""Which keys of someone else's key set verify here, and for what."""

import json
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from auth.key_sets import MAX_KEYS, read_key_set

BOTH = frozenset({"RS256", "ES256"})


def number(value: int) -> str:
    return urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8)).rstrip(b"=").decode()


def of_rsa(bits: int = 2_048, **more: Any) -> dict[str, Any]:
    numbers = rsa.generate_private_key(65_537, bits).public_key().public_numbers()
    return {"kty": "RSA", "kid": "r", "n": number(numbers.n), "e": number(numbers.e), **more}


def of_ec(curve: ec.EllipticCurve, name: str, **more: Any) -> dict[str, Any]:
    numbers = ec.generate_private_key(curve).public_key().public_numbers()
    point = {"x": number(numbers.x), "y": number(numbers.y)}
    return {"kty": "EC", "crv": name, "kid": "e", **point, **more}


RSA, P256 = of_rsa(), of_ec(ec.SECP256R1(), "P-256")


def read(*entries: object, algorithms: frozenset[str] = BOTH) -> dict[str, str]:
    found = read_key_set(json.dumps({"keys": entries}).encode(), algorithms)
    return {kid: key.algorithm for kid, key in found.items()}


def test_a_key_s_type_decides_its_one_algorithm() -> None:
    assert read(RSA, P256) == {"r": "RS256", "e": "ES256"}
    assert read({**RSA, "use": "sig", "alg": "RS256", "key_ops": ["verify"]}) == {"r": "RS256"}


@pytest.mark.parametrize(
    "other",
    [
        {**RSA, "alg": "RS512"},
        {**RSA, "alg": "HS256"},
        {**RSA, "use": "enc"},
        {**RSA, "key_ops": ["encrypt"]},
        {**RSA, "key_ops": "verify"},
        {**RSA, "kid": None},
        {**RSA, "kid": ""},
        {**RSA, "kid": 7},
        {**RSA, "kid": "k" * 257},
        {**RSA, "e": "Aw" * 20},
        {**RSA, "e": "AA"},
        {**RSA, "n": "+/"},
        {**RSA, "n": ""},
        {**RSA, "n": 7},
        {**RSA, "d": "AQAB"},
        {"kty": "RSA", "kid": "r"},
        {**P256, "crv": "P-384"},
        {**P256, "x": P256["y"]},
        {**P256, "alg": "RS256"},
        {"kty": "oct", "kid": "o", "k": "c2VjcmV0", "alg": "HS256"},
        {"kty": ["RSA"], "kid": "r"},
        {},
        7,
        None,
    ],
)
def test_what_is_not_of_use_is_passed_over(other: object) -> None:
    good = {**RSA, "kid": "good"}
    assert read(other, good) == {"good": "RS256"}
    with pytest.raises(ValueError, match="without a key of use"):
        read(other)


def test_a_key_that_is_too_weak_or_an_algorithm_that_is_not_set() -> None:
    with pytest.raises(ValueError, match="without a key of use"):
        read(of_rsa(1_024))
    with pytest.raises(ValueError, match="without a key of use"):
        read(of_ec(ec.SECP384R1(), "P-384"))
    assert read(RSA, P256, algorithms=frozenset({"ES256"})) == {"e": "ES256"}


def test_a_key_dearer_to_verify_than_a_flood_may_ask_for() -> None:
    with pytest.raises(ValueError, match="without a key of use"):
        read({**RSA, "n": number((1 << 16_383) + 1)})


def test_of_two_keys_of_one_kid_neither_counts() -> None:
    assert read(RSA, {**P256, "kid": "r"}, P256) == {"e": "ES256"}


@pytest.mark.parametrize(
    "document",
    [b"", b"{", b"[]", b"7", b'{"keys": {}}', b'{"keys": null}', b"[" * 9_000, b"\xff"],
)
def test_what_is_no_key_set(document: bytes) -> None:
    with pytest.raises(ValueError, match="no key set"):
        read_key_set(document, BOTH)


def test_a_set_is_bounded() -> None:
    with pytest.raises(ValueError, match="at most 100"):
        read(*[{**RSA, "kid": f"{n}"} for n in range(MAX_KEYS + 1)])

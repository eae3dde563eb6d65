"""No forged and no mutated token is accepted, and nothing but a refusal comes out.

`FORGED_TOKENS=100000` raises the number tried. The same number takes the same choices each time;
the keys alone are new.
"""

import hashlib
import hmac
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auth.errors import TokenRefusedError
from auth.keys import KeyRing
from auth.principal import Role
from auth.tokens import TokenVerifier
from tests.auth.conftest import pair

FORGED_TOKENS = int(os.environ.get("FORGED_TOKENS", "2500"))
NOW = 1_700_000_000
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

MARKERS = {"<deep>": "[" * 1_500, "<inf>": "1e999", "<nan>": "NaN"}
"""Stand for JSON that `json.dumps` does not write."""

Json = dict[str, Any]
Sign = Callable[..., str]
STRANGER = ec.generate_private_key(ec.SECP256R1())


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def written(members: Json) -> bytes:
    text = json.dumps(members)
    for marker, raw in MARKERS.items():
        text = text.replace(json.dumps(marker), raw)
    return text.encode("utf-8", "surrogatepass")


anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=20),
    st.lists(st.text(max_size=5), max_size=3),
    st.dictionaries(st.text(max_size=5), st.integers(), max_size=2),
    st.sampled_from([*MARKERS, "\ud800", 10**400, -(10**400)]),
)
texts = st.text(max_size=12)
not_texts = anything.filter(lambda value: type(value) is not str or value in MARKERS)
algorithms = st.sampled_from(["none", "None", "HS256", "HS384", "HS512", "RS256", "PS256", "ES384"])
kids = st.one_of(
    st.sampled_from(["../../dev/null", "/etc/passwd", "signing", "' OR 1=1", "a\0b", "k" * 3_000]),
    texts,
    anything,
)


def wrong_headers(header: Json) -> st.SearchStrategy[Json]:
    """Each is none that we would write, whoever signed it."""
    names = st.sampled_from(
        ["crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "cty", "zip", "enc", "epk", "p2c"]
    )
    return st.one_of(
        st.builds(lambda alg: header | {"alg": alg}, algorithms | anything | texts),
        st.builds(lambda kid: header | {"kid": kid}, kids),
        st.builds(lambda typ: header | {"typ": typ}, st.sampled_from(["JWT", "AT+JWT"]) | anything),
        st.builds(lambda name, value: header | {name: value}, names, anything),
        st.sampled_from([{k: v for k, v in header.items() if k != name} for name in header]),
        st.dictionaries(texts, anything, max_size=4),
    ).filter(lambda changed: changed != header)


def wrong_claims(claims: Json) -> st.SearchStrategy[Json]:
    """Each breaks a rule, so that even the right signature must not save it."""
    changed: dict[str, st.SearchStrategy[Any]] = {
        "iss": texts | not_texts,
        "aud": texts | not_texts | st.just(["iaqverse-gateway"]),
        "sub": not_texts | st.sampled_from(["", "a b", "a\n", "x" * 129]),
        "jti": not_texts | st.sampled_from(["", "a b", "a\n", "x" * 129]),
        "tenant": not_texts | st.sampled_from(["", "*", "A", "../a", "-a", "a" * 64]),
        "role": (texts | not_texts).filter(lambda value: value not in list(Role))
        | st.just("Admin"),
        "iat": st.integers(min_value=NOW + 6) | st.integers(max_value=NOW - 43_200) | st.floats(),
        "exp": st.integers(max_value=NOW) | st.integers(min_value=NOW + 43_201) | st.floats(),
        "nbf": st.integers(min_value=NOW + 6) | st.floats() | st.text(),
        "topics": anything.filter(lambda value: type(value) is not list),
        "sensors": anything.filter(lambda value: type(value) is not list),
    }
    return st.one_of(
        st.sampled_from([{k: v for k, v in claims.items() if k != name} for name in claims]),
        *(
            st.builds(lambda value, name=name: claims | {name: value}, values)
            for name, values in changed.items()
        ),
    )


def secrets_of(keys: KeyRing) -> list[bytes]:
    """What an attacker knows and a confused verifier would take for an HMAC secret."""
    public = pair(keys)[1]
    return [
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint),
        public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
        json.dumps(keys.jwks()).encode(),
        json.dumps(keys.signing_at(NOW).jwk()).encode(),
        keys.signing_at(NOW).kid.encode(),
        b"",
        b"secret",
    ]


def forged(keys: KeyRing, sign: Sign, header: Json, claims: Json) -> st.SearchStrategy[str]:
    """Without the private key: any header, any claims, and a signature by other means."""
    headers = st.one_of(st.just(header), wrong_headers(header))
    payloads = st.one_of(st.just(claims), st.just(claims | {"role": "admin", "tenant": "*"}))
    genuine = sign(header, claims).rpartition(".")[2]
    digests = st.sampled_from([hashlib.sha256, hashlib.sha384, hashlib.sha512])

    def by_hmac(head: Json, body: Json, secret: bytes, digest: Any) -> str:
        signing_input = f"{encoded(written(head))}.{encoded(written(body))}"
        return f"{signing_input}.{encoded(hmac.digest(secret, signing_input.encode(), digest))}"

    def by_stranger(head: Json, body: Json) -> str:
        return sign(written(head), written(body), STRANGER)

    def by_hand(head: Json, body: Json, signature: str) -> str:
        body = body | {"forged": True}  # else the genuine signature would be genuine
        return f"{encoded(written(head))}.{encoded(written(body))}.{signature}"

    signatures = st.sampled_from(["", "A" * 86, genuine]) | st.binary(max_size=96).map(encoded)
    return st.one_of(
        st.builds(by_hmac, headers, payloads, st.sampled_from(secrets_of(keys)), digests),
        st.builds(by_stranger, headers, payloads),
        st.builds(by_hand, headers, payloads, signatures),
    )


def mis_signed(sign: Sign, header: Json, claims: Json) -> st.SearchStrategy[str]:
    """With the private key: what an issuer that errs, or another service, might sign."""
    raw = st.binary(max_size=40) | st.sampled_from([b"[" * 1_500, b'{"a":' * 1_500, b"\xff", b"1"])
    return st.one_of(
        st.builds(lambda head: sign(written(head), claims), wrong_headers(header)),
        st.builds(lambda body: sign(header, written(body)), wrong_claims(claims)),
        st.builds(lambda head: sign(head, claims), raw),
        st.builds(lambda body: sign(header, body), raw),
    )


def mutated(token: str) -> st.SearchStrategy[str]:
    """A good token whose text, or the bytes it stands for, were damaged somewhere."""
    places = st.integers(0, len(token) - 1)
    characters = st.sampled_from(ALPHABET + ".=+/ \n\0") | st.characters()

    def bit_flipped(part: int, place: int, bit: int) -> str:
        parts = token.split(".")
        raw = bytearray(urlsafe_b64decode(parts[part] + "=" * (-len(parts[part]) % 4)))
        raw[place % len(raw)] ^= 1 << bit
        parts[part] = encoded(bytes(raw))
        return ".".join(parts)

    return st.one_of(
        st.builds(lambda at, new: token[:at] + new + token[at + 1 :], places, characters),
        st.builds(lambda at, new: token[:at] + new + token[at:], places, characters),
        st.builds(lambda at, to: token[:at] + token[to:], places, places),
        st.builds(lambda at: token[:at], places),
        st.builds(lambda junk: token + junk, st.text(min_size=1, max_size=8)),
        st.lists(st.sampled_from(token.split(".")), max_size=6).map(".".join),
        st.builds(bit_flipped, st.integers(0, 2), st.integers(0, 300), st.integers(0, 7)),
        st.text(alphabet=ALPHABET + ".", max_size=200),
        st.text(max_size=60),
    ).filter(lambda changed: changed != token)


def test_no_forged_token_is_accepted(
    keys: KeyRing, verifier: TokenVerifier, sign: Sign, header: Json, claims: Json
) -> None:
    genuine = sign(header, claims)
    verifier.verify(genuine, NOW)
    tried = 0

    @settings(
        max_examples=FORGED_TOKENS,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        token=st.one_of(
            forged(keys, sign, header, claims), mis_signed(sign, header, claims), mutated(genuine)
        )
    )
    def is_refused(token: str) -> None:
        nonlocal tried
        tried += 1
        with pytest.raises(TokenRefusedError):
            verifier.verify(token, NOW)

    is_refused()
    assert tried >= FORGED_TOKENS

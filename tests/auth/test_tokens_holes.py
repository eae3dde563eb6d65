"""One test for each hole that python-jose 3.5.0, or a JWT library at large, left open."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jose import backends
from jose.backends.ecdsa_backend import ECDSAECKey
from jose.backends.rsa_backend import RSAKey as PurePythonRSAKey

from auth.errors import TokenRefusedError
from auth.keys import KeyRing
from auth.principal import Principal
from auth.tokens import MAX_TOKEN_LENGTH, TokenVerifier, require_cryptography
from tests.auth.conftest import pair

NOW = 1_700_000_000
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551

Json = dict[str, Any]


def encoded(content: bytes | Json) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def signature_of(token: str) -> bytes:
    return urlsafe_b64decode(token.rpartition(".")[2] + "==")


def with_signature(token: str, signature: bytes) -> str:
    return f"{token.rpartition('.')[0]}.{encoded(signature)}"


@dataclass
class Forge:
    """Tokens that differ from a good one in what a test names: changed members, or raw bytes."""

    keys: KeyRing
    verifier: TokenVerifier
    sign: Callable[..., str]
    header: Json
    claims: Json

    def token(
        self,
        header: bytes | Json | None = None,
        claims: bytes | Json | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
    ) -> str:
        return self.sign(
            header if isinstance(header, bytes) else self.header | (header or {}),
            claims if isinstance(claims, bytes) else self.claims | (claims or {}),
            key or pair(self.keys)[0],
        )

    def verify(self, token: str, now: float = NOW) -> Principal:
        return self.verifier.verify(token, now)

    def reason(self, token: Any, now: float = NOW) -> str:
        with pytest.raises(TokenRefusedError) as refused:
            self.verifier.verify(token, now)
        return refused.value.reason

    def refusal(
        self,
        header: bytes | Json | None = None,
        claims: bytes | Json | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
        now: float = NOW,
    ) -> str:
        return self.reason(self.token(header, claims, key), now)


@pytest.fixture
def forge(
    keys: KeyRing,
    verifier: TokenVerifier,
    sign: Callable[..., str],
    header: Json,
    claims: Json,
) -> Forge:
    return Forge(keys, verifier, sign, header, claims)


class TestAlgorithm:
    @pytest.mark.parametrize(
        ("encoding", "form"),
        [
            (Encoding.DER, PublicFormat.SubjectPublicKeyInfo),  # CVE-2026-85394
            (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),  # CVE-2024-33663
            (Encoding.OpenSSH, PublicFormat.OpenSSH),  # CVE-2024-33663
            (Encoding.X962, PublicFormat.UncompressedPoint),
        ],
    )
    @pytest.mark.parametrize("alg", ["HS256", "ES256"])
    def test_the_public_key_is_no_hmac_secret(
        self, forge: Forge, encoding: Encoding, form: PublicFormat, alg: str
    ) -> None:
        secret = pair(forge.keys)[1].public_bytes(encoding, form)
        signing_input = f"{encoded(forge.header | {'alg': alg})}.{encoded(forge.claims)}"
        mac = hmac.digest(secret, signing_input.encode(), hashlib.sha256)
        expected = "header" if alg == "HS256" else "signature"
        assert forge.reason(f"{signing_input}.{encoded(mac)}") == expected

    def test_an_empty_hmac_secret(self, forge: Forge) -> None:
        signing_input = f"{encoded(forge.header | {'alg': 'HS256'})}.{encoded(forge.claims)}"
        mac = hmac.digest(b"", signing_input.encode(), hashlib.sha256)
        assert forge.reason(f"{signing_input}.{encoded(mac)}") == "header"

    @pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
    def test_none(self, forge: Forge, alg: str) -> None:
        token = forge.token(header={"alg": alg})
        assert forge.reason(token) == "header"
        assert forge.reason(token.rpartition(".")[0] + ".") == "malformed"

    @pytest.mark.parametrize("alg", ["ES384", "RS256", "es256", "", None, 7, ["ES256"], {}])
    def test_the_key_decides_the_algorithm_not_the_header(self, forge: Forge, alg: object) -> None:
        assert forge.refusal(header={"alg": alg}) == "header"

    @pytest.mark.parametrize(
        ("name", "other"), [("ECKey", ECDSAECKey), ("RSAKey", PurePythonRSAKey), ("RSAKey", None)]
    )
    def test_a_backend_that_leaks_by_timing_stops_the_start(
        self, monkeypatch: pytest.MonkeyPatch, name: str, other: object
    ) -> None:
        """CVE-2024-23342."""
        require_cryptography()
        monkeypatch.setattr(backends, name, other)
        with pytest.raises(RuntimeError, match="cryptography"):
            require_cryptography()


class TestSignature:
    def test_another_key_of_the_same_kid(self, forge: Forge) -> None:
        stranger = ec.generate_private_key(ec.SECP256R1())
        assert forge.refusal(key=stranger) == "signature"

    def test_changed_claims(self, forge: Forge) -> None:
        head, _, signature = forge.token().split(".")
        changed = encoded(forge.claims | {"tenant": "other"})
        assert forge.reason(f"{head}.{changed}.{signature}") == "signature"

    @pytest.mark.parametrize("junk", ["A", "AAAA", "=", "==", ".", ".AAAA", " ", "\n", "\0", "é"])
    def test_junk_after_the_signature(self, forge: Forge, junk: str) -> None:
        assert forge.reason(forge.token() + junk) in {"malformed", "signature"}

    def test_a_second_spelling_of_the_last_character(self, forge: Forge) -> None:
        """RFC 4648 section 3.5: decoders ignore the bits that are left over."""
        token = forge.token()
        respelled = token[:-1] + chr(ord(token[-1]) + 1)
        assert signature_of(respelled) == signature_of(token)
        assert forge.reason(respelled) == "malformed"

    def test_a_mirrored_signature_is_the_same_token(self, forge: Forge) -> None:
        """ECDSA takes (r, n - s) too. It says the same, no forgery: hence revoke by `jti`."""
        token = forge.token()
        r, s = signature_of(token)[:32], int.from_bytes(signature_of(token)[32:])
        mirrored = with_signature(token, r + (P256_ORDER - s).to_bytes(32))
        assert mirrored != token
        assert forge.verify(mirrored) == forge.verify(token)

    @pytest.mark.parametrize("value", [0, 1, P256_ORDER - 1, P256_ORDER])
    def test_a_signature_out_of_the_curve_s_range(self, forge: Forge, value: int) -> None:
        """CVE-2022-21449: r = s = 0 once signed everything."""
        forged = with_signature(forge.token(), value.to_bytes(32) * 2)
        assert forge.reason(forged) == "signature"

    def test_a_signature_in_der(self, forge: Forge) -> None:
        signing_input = f"{encoded(forge.header)}.{encoded(forge.claims)}"
        der = pair(forge.keys)[0].sign(signing_input.encode(), ec.ECDSA(hashes.SHA256()))
        assert forge.reason(f"{signing_input}.{encoded(der)}") == "signature"


class TestHeader:
    @pytest.mark.parametrize(
        "extra",
        [
            {"crit": ["exp"]},
            {"crit": ["unknown"]},
            {"b64": False},
            {"b64": False, "crit": ["b64"]},
            {"jku": "https://evil.test/jwks.json"},
            {"x5u": "https://evil.test/cert.pem"},
            {"x5c": ["MIIB"]},
            {"zip": "DEF"},
            {"cty": "JWT"},
            {"enc": "A256GCM"},
            {"nonce": ""},
        ],
    )
    def test_a_member_beside_alg_kid_and_typ(self, forge: Forge, extra: Json) -> None:
        assert forge.refusal(header=extra) == "header"

    def test_a_key_that_the_token_brings_along(self, forge: Forge) -> None:
        """CVE-2018-0114."""
        stranger = ec.generate_private_key(ec.SECP256R1())
        token = forge.token(header={"jwk": forge.keys.signing_at(NOW).jwk()}, key=stranger)
        assert forge.reason(token) == "header"

    @pytest.mark.parametrize(
        "typ", ["JWT", "jwt", "AT+JWT", "application/at+jwt", "dpop+jwt", "", None, ["at+jwt"]]
    )
    def test_a_token_of_another_type(self, forge: Forge, typ: object) -> None:
        """RFC 8725 section 3.11: an ID token must not pass for an access token."""
        assert forge.refusal(header={"typ": typ}) == "header"

    @pytest.mark.parametrize("missing", ["alg", "kid", "typ"])
    def test_a_missing_member(self, forge: Forge, missing: str) -> None:
        del forge.header[missing]
        assert forge.refusal() == "header"

    @pytest.mark.parametrize("kid", [None, 0, True, ["kid"], {"kid": "kid"}])
    def test_a_kid_that_is_no_string(self, forge: Forge, kid: object) -> None:
        assert forge.refusal(header={"kid": kid}) == "header"

    @pytest.mark.parametrize(
        "kid",
        [
            "",
            "../../../../dev/null",
            "/proc/sys/kernel/randomize_va_space",
            "signing",
            "key.pem",
            "key\0",
            "x' UNION SELECT 'secret",
            "$(id)",
            "https://evil.test/key",
            "\ud800",
            "k" * 4_000,
        ],
    )
    def test_a_kid_is_a_name_in_a_map_and_nothing_else(self, forge: Forge, kid: str) -> None:
        assert forge.refusal(header={"kid": kid}) == "unknown_key"

    @pytest.mark.parametrize("deep", [b"[" * 1_500, b'{"a":' * 1_500 + b"1" + b"}" * 1_500])
    def test_a_header_nested_too_deep(self, forge: Forge, deep: bytes) -> None:
        """RecursionError, which is no JWTError, came out of python-jose here."""
        assert forge.refusal(header=deep) in {"malformed", "header"}
        assert forge.refusal(claims=b'{"a":' * 1_100) in {"malformed", "claims"}

    @pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"7", b'"alg"', b"{", b"\xff\xfe", b"\0"])
    def test_a_part_that_is_no_json_object(self, forge: Forge, raw: bytes) -> None:
        assert forge.refusal(header=raw) == "malformed"
        assert forge.refusal(claims=raw) in {"malformed", "claims"}


class TestClaims:
    @pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "iat", "exp", "tenant", "role"])
    def test_a_missing_claim(self, forge: Forge, name: str) -> None:
        del forge.claims[name]
        assert forge.refusal() == "claims"

    @pytest.mark.parametrize("name", ["iss", "aud", "sub", "jti", "tenant", "role"])
    @pytest.mark.parametrize("value", [None, True, 7, 1.5, [], {}, ["acme"], ""])
    def test_a_text_of_another_type(self, forge: Forge, name: str, value: object) -> None:
        assert forge.refusal(claims={name: value}) in {"claims", "malformed"}

    @pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
    @pytest.mark.parametrize(
        "raw", ['"1700000100"', "1700000100.5", "17e8", "true", "null", "[]", "{}", "NaN"]
    )
    def test_a_time_is_an_integer_and_nothing_like_one(
        self, forge: Forge, name: str, raw: str
    ) -> None:
        payload = json.dumps(forge.claims | {name: "?"}).replace('"?"', raw).encode()
        assert forge.refusal(claims=payload) in {"claims", "malformed"}

    @pytest.mark.parametrize("raw", ["Infinity", "-Infinity", "1e999", "9" * 4_000, "9" * 5_000])
    def test_a_time_beyond_all_bounds(self, forge: Forge, raw: str) -> None:
        """OverflowError, which is no JWTError, came out of python-jose here."""
        payload = json.dumps(forge.claims | {"exp": "?"}).replace('"?"', raw).encode()
        assert forge.refusal(claims=payload) in {"claims", "malformed"}

    def test_exp_equal_to_now(self, forge: Forge) -> None:
        token = forge.token(claims={"iat": NOW - 60, "exp": NOW})
        assert forge.reason(token) == "expired"
        forge.verify(token, NOW - 0.001)

    @pytest.mark.parametrize("name", ["iat", "nbf"])
    def test_from_the_future(self, forge: Forge, name: str) -> None:
        forge.verify(forge.token(claims={name: NOW + 5}))
        assert forge.refusal(claims={name: NOW + 6}) == "claims"

    @pytest.mark.parametrize("end", [NOW + 43_201, NOW + 10**9, NOW, NOW - 1])
    def test_a_life_its_role_may_not_have(self, forge: Forge, end: int) -> None:
        assert forge.refusal(claims={"exp": end}, now=NOW - 2) == "claims"

    @pytest.mark.parametrize("audience", ["", "other", ["iaqverse-gateway"], ["other"], None])
    def test_another_audience(self, forge: Forge, audience: object) -> None:
        assert forge.refusal(claims={"aud": audience}) == "claims"

    @pytest.mark.parametrize("role", ["root", "Admin", "ADMIN", "admin ", "", "dashboard,admin"])
    def test_a_role_out_of_the_closed_set(self, forge: Forge, role: str) -> None:
        assert forge.refusal(claims={"role": role}) == "claims"

    @pytest.mark.parametrize("tenant", ["", "Acme", "-a", "a b", "a\n", "../a", "é", "a" * 64, "*"])
    def test_a_tenant_that_can_have_no_such_name(self, forge: Forge, tenant: str) -> None:
        assert forge.refusal(claims={"tenant": tenant}) == "claims"

    @pytest.mark.parametrize("name", ["topics", "sensors"])
    @pytest.mark.parametrize("value", [None, "all", 7, {"a": 1}, [7], [""], ["a", None], ["\n"]])
    def test_a_narrowing_that_cannot_be_read_narrows_to_nothing(
        self, forge: Forge, name: str, value: object
    ) -> None:
        """Ignoring it would widen the token to the whole tenant."""
        assert forge.refusal(claims={name: value}) == "claims"

    def test_a_lone_surrogate(self, forge: Forge) -> None:
        assert forge.refusal(claims={"sub": "\ud800"}) == "claims"


class TestShape:
    @pytest.mark.parametrize(
        "token",
        [
            "",
            ".",
            "..",
            "a.b",
            "a.b.c.d",
            "a..c",
            "a.b.c",
            " a.b.c",
            "a.b.c\n",
            "a+b.c/d.e",
            "\ud800",
        ],
    )
    def test_what_has_not_the_shape_of_a_token(self, forge: Forge, token: str) -> None:
        assert forge.reason(token) == "malformed"

    @pytest.mark.parametrize("token", [None, 7, b"a.b.c", ["a.b.c"], object()])
    def test_what_is_no_text(self, forge: Forge, token: object) -> None:
        assert forge.reason(token) == "malformed"

    def test_a_token_is_8192_characters_at_most(self, forge: Forge) -> None:
        room = MAX_TOKEN_LENGTH - len(forge.token(claims={"pad": ""}))
        longest = forge.token(claims={"pad": "x" * (room * 3 // 4)})
        too_long = forge.token(claims={"pad": "x" * (room * 3 // 4 + 2)})
        assert len(longest) <= 8_192 < len(too_long)
        forge.verify(longest)
        assert forge.reason(too_long) == "malformed"

    def test_a_refusal_tells_nothing_of_the_token(self, forge: Forge) -> None:
        with pytest.raises(TokenRefusedError) as refused:
            forge.verify(forge.token(claims={"role": "canary"}), NOW)
        assert str(refused.value) == "claims"
        assert refused.value.__suppress_context__

"""Access tokens (RFC 9068, hardened by RFC 8725). The only file that imports jose.

What python-jose 3.5.0 lets through by default was tried out, and each of it is closed here, by a
check before jose is asked or after it has answered. `docs/security.md` has the list.
"""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

from jose import backends, jwk, jwt
from jose.backends import cryptography_backend
from jose.backends.base import Key
from jose.exceptions import JWSError, JWTError

from auth.errors import Reason, TokenRefusedError
from auth.keys import KeyRing
from auth.principal import Principal, Role
from auth.signing_key import KeyPair, SigningKey

AUDIENCE: Final = "iaqverse-gateway"
TYPE: Final = "at+jwt"
MAX_TOKEN_LENGTH: Final = 8_192
MAX_CLOCK_SKEW: Final = 5
"""Seconds by which an issuer's clock may run ahead of ours."""

_HOUR, _DAY = 3_600, 86_400
MAX_TTL: Final[Mapping[Role, int]] = MappingProxyType(
    {
        Role.DASHBOARD: 12 * _HOUR,
        Role.DEVICE: 3_650 * _DAY,
        Role.SERVICE: 365 * _DAY,
        Role.ADMIN: 12 * _HOUR,
    }
)
"""Seconds a token of that role may live, from `iat` to `exp`."""

_SHAPE = re.compile(r"\A[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")
_HEADER = frozenset({"alg", "kid", "typ"})
_OPTIONS: Final = {
    **{f"require_{claim}": True for claim in ("exp", "iat", "aud", "iss", "sub", "jti")},
    # jose reads the machine's clock. Time is passed in here, so jose's verdict is silenced by a
    # leeway beyond any date, and `_principal` compares.
    "leeway": 1 << 62,
}


def require_cryptography() -> None:
    """Raise RuntimeError unless jose signs with `cryptography`, whose operations are constant-time.

    Its fall-back, `ecdsa`, leaks the key through timing (CVE-2024-23342) and is chosen silently.
    """
    ours = (cryptography_backend.CryptographyECKey, cryptography_backend.CryptographyRSAKey)
    if (backends.ECKey, backends.RSAKey) != ours:
        raise RuntimeError("python-jose does not use its cryptography backend")


require_cryptography()


class TokenIssuer:
    """Signs with the key whose turn it is, among those it was last given."""

    def __init__(self, keys: KeyRing, issuer: str) -> None:
        self._issuer = issuer
        self.adopt(keys)

    def adopt(self, keys: KeyRing) -> None:
        self._keys = keys
        self._signing = {kid: _signing(key) for kid, key in keys.keys.items()}

    def issue(
        self,
        *,
        subject: str,
        tenant: str,
        role: Role,
        ttl: int,
        now: float,
        topics: Iterable[str] | None = None,
        sensors: Iterable[str] | None = None,
    ) -> str:
        """`ttl` in seconds, up to `MAX_TTL[role]`.

        Raises ValueError for what would not verify, KeyRingError as `KeyRing.signer`.
        """
        if not 1 <= ttl <= MAX_TTL[role]:
            raise ValueError(f"ttl: 1 to {MAX_TTL[role]} seconds for the role {role}")
        principal = Principal(
            subject=subject,
            tenant=tenant,
            role=role,
            token_id=secrets.token_urlsafe(16),
            issued_at=int(now),
            expires_at=int(now) + ttl,
            topics=None if topics is None else tuple(topics),
            sensors=None if sensors is None else frozenset(sensors),
        )
        key = self._keys.signer(now, ttl)
        token: str = jwt.encode(
            self._claims(principal),
            self._signing[key.kid],
            key.algorithm,
            {"kid": key.kid, "typ": TYPE},
        )
        if len(token) > MAX_TOKEN_LENGTH:
            raise ValueError(f"topics, sensors: the token exceeds {MAX_TOKEN_LENGTH} characters")
        return token

    def _claims(self, principal: Principal) -> dict[str, object]:
        claims: dict[str, object] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": principal.subject,
            "jti": principal.token_id,
            "iat": principal.issued_at,
            "exp": principal.expires_at,
            "tenant": principal.tenant,
            "role": principal.role,
        }
        if principal.topics is not None:
            claims["topics"] = principal.topics
        if principal.sensors is not None:
            claims["sensors"] = sorted(principal.sensors)
        return claims


class TokenVerifier:
    def __init__(self, keys: KeyRing, issuer: str) -> None:
        self._issuer = issuer
        self._keys: Mapping[str, tuple[str, Key]] = {}
        self.adopt(keys)

    def adopt(self, keys: KeyRing) -> None:
        """From now on these keys verify. They are parsed once, here: it saves 90 µs a token."""
        self._keys = {kid: (key.algorithm, _verifying(key)) for kid, key in keys.keys.items()}

    def verify(self, token: str, now: float) -> Principal:
        """Raises TokenRefusedError and nothing else, whatever comes."""
        try:
            algorithm, key = self._key_for(token)
            return _principal(self._signed_claims(token, algorithm, key), now)
        except TokenRefusedError:
            raise
        except Exception:  # noqa: BLE001  (jose lets RecursionError, TypeError, OverflowError… out)
            # Without its cause, which quotes the token.
            raise TokenRefusedError("malformed") from None

    def _key_for(self, token: str) -> tuple[str, Key]:
        """The token's key, before any cryptography: junk costs about 10 µs (measured)."""
        if len(token) > MAX_TOKEN_LENGTH or not _SHAPE.match(token) or not _canonical(token):
            raise TokenRefusedError("malformed")
        header = jwt.get_unverified_header(token)
        # `crit`, `b64`, `jwk`, `jku`, `x5c` and whatever else would ask for other rules than ours.
        if header.keys() != _HEADER or header["typ"] != TYPE or type(header["kid"]) is not str:
            raise TokenRefusedError("header")
        if header["kid"] not in self._keys:
            raise TokenRefusedError("unknown_key")
        algorithm, key = self._keys[header["kid"]]
        if header["alg"] != algorithm:
            raise TokenRefusedError("header")
        return algorithm, key

    def _signed_claims(self, token: str, algorithm: str, key: Key) -> dict[str, Any]:
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=AUDIENCE,
                issuer=self._issuer,
                options=_OPTIONS,
            )
        except JWTError as error:
            unsigned = isinstance(error.__context__, JWSError)
            reason: Reason = "signature" if unsigned else "claims"
            raise TokenRefusedError(reason) from None
        return claims


def _signing(key: SigningKey) -> Key | None:
    material = key.private if isinstance(key, KeyPair) else key.secret
    return jwk.construct(material, key.algorithm) if material else None


def _verifying(key: SigningKey) -> Key:
    material = key.public if isinstance(key, KeyPair) else key.secret
    return jwk.construct(material, key.algorithm)


def _canonical(token: str) -> bool:
    """Whether the signature is spelled in the one right way (RFC 4648 section 3.5).

    ES256's last character has four bits to spare that decoders ignore: sixteen texts, one token.
    """
    signature = token[token.rindex(".") + 1 :]
    padded = signature + "=" * (-len(signature) % 4)
    return urlsafe_b64encode(urlsafe_b64decode(padded)) == padded.encode()


def _principal(claims: Mapping[str, Any], now: float) -> Principal:
    try:
        role = Role(_text(claims["role"]))
        principal = Principal(
            subject=_text(claims["sub"]),
            tenant=_text(claims["tenant"]),
            role=role,
            token_id=_text(claims["jti"]),
            issued_at=_seconds(claims["iat"]),
            expires_at=_seconds(claims["exp"]),
            topics=tuple(_texts(claims["topics"])) if "topics" in claims else None,
            sensors=frozenset(_texts(claims["sensors"])) if "sensors" in claims else None,
        )
        earliest = max(principal.issued_at, _seconds(claims.get("nbf", 0)))
        too_long = principal.expires_at - principal.issued_at > MAX_TTL[role]
        if too_long or earliest > now + MAX_CLOCK_SKEW or _text(claims["aud"]) != AUDIENCE:
            raise TokenRefusedError("claims")
    except (KeyError, ValueError):
        raise TokenRefusedError("claims") from None
    if principal.expires_at <= now:
        raise TokenRefusedError("expired")
    return principal


def _text(value: object) -> str:
    if type(value) is not str:
        raise ValueError("a string")
    return value


def _texts(value: object) -> list[str]:
    if type(value) is not list:
        raise ValueError("a list of strings")
    return [_text(item) for item in value]


def _seconds(value: object) -> int:
    """A whole number in JSON: neither `true`, nor `1e9`, nor `"1700000000"`."""
    if type(value) is not int:
        raise ValueError("whole seconds")
    return value

"""Access tokens (RFC 9068, hardened by RFC 8725). The only file that imports jose.

What python-jose 3.5.0 lets through by default was tried out, and each of it is closed here, by a
check before jose is asked or after it has answered. `docs/security.md` has the list.
"""

import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from jose import backends, jwk, jwt
from jose.backends import cryptography_backend
from jose.backends.base import Key
from jose.exceptions import JWSError, JWTError

from auth.claims import AUDIENCE, MAX_TTL, TYPE, Claims, Rules, check_times, own_rules
from auth.errors import Reason, TokenRefusedError
from auth.key_sets import PublicKey
from auth.keys import KeyRing
from auth.principal import Principal, Role
from auth.revocation import SESSION_END
from auth.signing_key import KeyPair, SigningKey

MAX_TOKEN_LENGTH: Final = 8_192

_SHAPE = re.compile(r"\A[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\Z")
_HEADER = frozenset({"alg", "kid"})
_LEEWAY: Final = 1 << 62
"""jose reads the machine's clock. Time is passed in here, so jose's verdict is silenced by a leeway
beyond any date, and `verify` compares.
"""


def require_cryptography() -> None:
    """Raise RuntimeError unless jose signs with `cryptography`, whose operations are constant-time.

    Its fall-back, `ecdsa`, leaks the key through timing (CVE-2024-23342) and is chosen silently.
    """
    ours = (cryptography_backend.CryptographyECKey, cryptography_backend.CryptographyRSAKey)
    if (backends.ECKey, backends.RSAKey) != ours:
        raise RuntimeError("python-jose does not use its cryptography backend")


require_cryptography()


def new_principal(
    *,
    subject: str,
    tenant: str,
    role: Role,
    ttl: int,
    now: float,
    topics: Iterable[str] | None = None,
    sensors: Iterable[str] | None = None,
    session: str = "",
) -> Principal:
    """For whom a token is to be signed; `ttl` in seconds, up to `MAX_TTL[role]`.

    The token's id begins with its `session`, where it is of one: so they are revoked together.
    Raises ValueError for what would not verify.
    """
    if not 1 <= ttl <= MAX_TTL[role]:
        raise ValueError(f"ttl: 1 to {MAX_TTL[role]} seconds for the role {role}")
    own = secrets.token_urlsafe(16)
    return Principal(
        subject=subject,
        tenant=tenant,
        role=role,
        token_id=f"{session}{SESSION_END}{own}" if session else own,
        issued_at=int(now),
        expires_at=int(now) + ttl,
        topics=None if topics is None else tuple(topics),
        sensors=None if sensors is None else frozenset(sensors),
    )


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
        session: str = "",
    ) -> str:
        """Raises ValueError as `new_principal` and `sign`, KeyRingError as `KeyRing.signer`."""
        principal = new_principal(
            subject=subject,
            tenant=tenant,
            role=role,
            ttl=ttl,
            now=now,
            topics=topics,
            sensors=sensors,
            session=session,
        )
        return self.sign(principal, now)

    def sign(self, principal: Principal, now: float) -> str:
        """Raises ValueError for one that a token has no room for, KeyRingError as `issue`."""
        key = self._keys.signer(now, principal.expires_at - int(now))
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


@dataclass(frozen=True, slots=True)
class _Trusted:
    """A key that verifies, by one algorithm, tokens of one issuer."""

    algorithm: str
    key: Key
    rules: Rules


class TokenVerifier:
    """Of our own tokens and, where `outside` says what they have to be, of an identity provider's.

    Keys are parsed once, when they are adopted: it saves 90 µs a token.
    """

    def __init__(self, keys: KeyRing, issuer: str, outside: Rules | None = None) -> None:
        self._rules = own_rules(issuer)
        self._outside_rules = outside
        self._outside: dict[str, _Trusted] = {}
        self.adopt(keys)

    def adopt(self, keys: KeyRing) -> None:
        """From now on these of our own verify."""
        self._own = {
            kid: _Trusted(key.algorithm, _verifying(key), self._rules)
            for kid, key in keys.keys.items()
        }

    def adopt_outside(self, keys: Mapping[str, PublicKey]) -> None:
        """From now on these of the identity provider verify. A kid that is ours stays ours."""
        if self._outside_rules is None:
            raise ValueError("no rules for the tokens of an identity provider")
        self._outside = {
            kid: _Trusted(
                key.algorithm, jwk.construct(key.public, key.algorithm), self._outside_rules
            )
            for kid, key in keys.items()
        }

    def verify(self, token: str, now: float) -> Principal:
        """Raises TokenRefusedError and nothing else, whatever comes."""
        try:
            trusted = self._trusted_for(token)
            return _principal(_signed_claims(token, trusted), trusted.rules, now)
        except TokenRefusedError:
            raise
        except Exception:  # noqa: BLE001  (jose lets RecursionError, TypeError, OverflowError… out)
            # Without its cause, which quotes the token.
            raise TokenRefusedError("malformed") from None

    def _trusted_for(self, token: str) -> _Trusted:
        """The token's key, before any cryptography: junk costs about 10 µs (measured)."""
        if len(token) > MAX_TOKEN_LENGTH or not _SHAPE.match(token) or not _canonical(token):
            raise TokenRefusedError("malformed")
        header = jwt.get_unverified_header(token)
        # `crit`, `b64`, `jwk`, `jku`, `x5c` and whatever else would ask for other rules than ours.
        if header.keys() - {"typ"} != _HEADER or type(header["kid"]) is not str:
            raise TokenRefusedError("header")
        trusted = self._own.get(header["kid"]) or self._outside.get(header["kid"])
        if trusted is None:
            raise TokenRefusedError("unknown_key")
        if header["alg"] != trusted.algorithm or not _of_type(header, trusted.rules):
            raise TokenRefusedError("header")
        return trusted


def _of_type(header: Mapping[str, Any], rules: Rules) -> bool:
    """A `null` is not the same as none."""
    if "typ" not in header:
        return None in rules.types
    return type(header["typ"]) is str and header["typ"] in rules.types


def _signed_claims(token: str, trusted: _Trusted) -> Claims:
    options = {f"require_{claim}": True for claim in trusted.rules.required}
    try:
        claims: Claims = jwt.decode(
            token,
            trusted.key,
            algorithms=[trusted.algorithm],
            audience=trusted.rules.audience,
            issuer=trusted.rules.issuer,
            options={**options, "leeway": _LEEWAY},
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


def _principal(claims: Claims, rules: Rules, now: float) -> Principal:
    try:
        principal = rules.principal(claims)
        check_times(claims, principal, now)
    except (KeyError, ValueError):
        raise TokenRefusedError("claims") from None
    if principal.expires_at <= now:
        raise TokenRefusedError("expired", principal)
    return principal

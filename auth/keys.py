"""The keys that sign tokens: one directory, private to its owner.

    <kid>.pem   a private key (PKCS #8); while it is here, what it signed verifies
    signing     the kid of the one key that signs

A key is published (`create_key`), then used (`sign_with`), and its file stays until the last token
it signed has ended. Each step replaces one file as a whole, so a reader never sees half of one.
"""

import fcntl
import os
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final, Literal, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from auth.errors import KeyRingError

_SIGNING: Final = "signing"
_KID = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")  # safe as a file's name
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


class KeyRing:
    """The keys as they stood when they were loaded; a value, to be loaded anew after a rotation."""

    def __init__(self, keys: Mapping[str, SigningKey], signing: str) -> None:
        """Raises KeyRingError where `signing` is none of `keys` (kid → key)."""
        if signing not in keys:
            raise KeyRingError(f"the key {signing} is to sign, but is not among the keys")
        self.keys: Mapping[str, SigningKey] = MappingProxyType(dict(keys))
        """All that verify, by kid."""
        self.signing = keys[signing]

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Raises KeyRingError, naming the file: no key, a damaged one, or one open to others."""
        # The pointer first: the key it names was published before it.
        signing = _read_pointer(directory)
        if signing is None:
            raise KeyRingError(f"no signing key in {directory}")
        if directory.stat().st_mode & 0o022:
            raise KeyRingError(f"{directory} is writable by others: chmod 700")
        return cls({path.stem: _read_key(path) for path in _key_files(directory)}, signing)

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public halves, RFC 7517 section 5: what `/auth/jwks.json` says."""
        return {"keys": [self.keys[kid].jwk() for kid in sorted(self.keys)]}


def create_key(directory: Path) -> str:
    """Publish a new key; its kid. It signs at once only where no other does.

    The directory is made where it is missing. Two processes at once take turns.
    """
    with _locked(directory):
        kid = secrets.token_hex(8)
        private = ec.generate_private_key(ec.SECP256R1())
        pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(directory / f"{kid}.pem", pem)
        if _read_pointer(directory) is None:
            _write(directory / _SIGNING, kid.encode())
    return kid


def sign_with(directory: Path, kid: str) -> None:
    """Use a published key. Raises KeyRingError where there is none of that kid."""
    with _locked(directory):
        if not _KID.match(kid) or not (directory / f"{kid}.pem").exists():
            raise KeyRingError("no such key")
        _write(directory / _SIGNING, kid.encode())


def rotate(directory: Path) -> str:
    """Publish a new key and use it at once; its kid. The former ones go on verifying.

    A verifier that loads keys anew only now and then must see the new one first: there, call
    `create_key`, wait for that long, then `sign_with`.
    """
    kid = create_key(directory)
    sign_with(directory, kid)
    return kid


def _key_files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.glob("*.pem") if _KID.match(path.stem))


def _read_pointer(directory: Path) -> str | None:
    try:
        return (directory / _SIGNING).read_text("ascii").strip()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise KeyRingError(f"{directory / _SIGNING} cannot be read") from error


def _read_key(path: Path) -> SigningKey:
    try:
        if path.stat().st_mode & 0o077:
            raise KeyRingError(f"{path} is open to others than its owner: chmod 600")
        private = load_pem_private_key(path.read_bytes(), password=None)
    except OSError as error:
        raise KeyRingError(f"{path} cannot be read") from error
    except (ValueError, TypeError, UnsupportedAlgorithm):
        # Without its cause: a parser's message may quote what it parsed.
        raise KeyRingError(f"{path} is no unencrypted private key in PEM") from None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != "secp256r1":
        raise KeyRingError(f"{path} is no P-256 key, which ES256 asks for")
    return SigningKey(path.stem, "ES256", private)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """The lock is on the directory itself, and ends with the process that holds it."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.chmod(0o700)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)  # the new names themselves survive a power cut
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    """Under the lock, so that one temporary name is enough; one a crash left is written over."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _base64url(coordinate: int) -> str:
    return urlsafe_b64encode(coordinate.to_bytes(_COORDINATE_BYTES)).rstrip(b"=").decode()

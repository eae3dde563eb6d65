"""Keys from one file, as secrets are mounted into containers: for gateways that share them.

The first key signs; those after it verify as well. So a rotation is: add the new one behind the
first, bring that file to every gateway, then swap the two, and drop the old one when its tokens
have ended. A gateway takes a changed file over by itself.
"""

import binascii
import hmac
import re
from base64 import b64decode
from hashlib import sha256
from pathlib import Path
from typing import Final

from auth.errors import KeyRingError, SecretFileError
from auth.keys import KeyRing
from auth.schedule import Schedule, Turn
from auth.secret_file import read_secret_file
from auth.signing_key import KeyPair, SharedSecret, SigningKey, private_key, public_key, thumbprint

MIN_SECRET_BYTES: Final = 32  # RFC 7518 section 3.2: as long as the hash
_MIN_DISTINCT_BYTES: Final = 20  # 32 random ones: 30 on average, under 20 in 10⁻¹⁰
_PEM = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----.*?-----END \1-----", re.DOTALL)
_HEX = re.compile(r"\A(?:[0-9A-Fa-f]{2})+\Z")
_MADE_UP = re.compile("secret|change|password|default|example|replace|iaqverse", re.IGNORECASE)
"""Each stands in random base64 less than once in a million."""


def load_key_file(path: Path) -> KeyRing:
    """ES256: a private key in PEM, then any number of private or public ones. KeyRingError."""
    content = _read(path)
    keys: list[SigningKey] = []
    try:
        for block in _PEM.finditer(content):
            private = None if block[1] == b"PUBLIC KEY" else private_key(block[0])
            public = private.public_key() if private else public_key(block[0])
            keys.append(KeyPair(thumbprint(public), public, private))
    except ValueError as error:
        raise KeyRingError(f"{path} holds {error}") from None
    if not keys or (isinstance(keys[0], KeyPair) and keys[0].private is None):
        raise KeyRingError(f"{path} does not begin with a private key in PEM")
    return _ring(keys)


def load_secret_file(path: Path) -> KeyRing:
    """HS256: a secret a line, in base64 or hexadecimal. KeyRingError for a weak one."""
    lines = _read(path).decode("ascii", "replace").split()
    if not lines:
        raise KeyRingError(f"{path} is empty")
    try:
        return _ring([_secret(line) for line in lines])
    except ValueError as error:
        raise KeyRingError(f"{path} holds {error}: openssl rand -base64 48") from None


def _ring(keys: list[SigningKey]) -> KeyRing:
    return KeyRing({key.kid: key for key in keys}, Schedule((Turn(keys[0].kid),)))


def _read(path: Path) -> bytes:
    try:
        return read_secret_file(path)
    except SecretFileError as error:
        raise KeyRingError(f"{path} {error}") from error


def _secret(text: str) -> SharedSecret:
    try:
        padded = text + "=" * (-len(text) % 4)
        secret = bytes.fromhex(text) if _HEX.match(text) else b64decode(padded, "-_", validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("a secret that is neither base64 nor hexadecimal") from None
    if len(secret) < MIN_SECRET_BYTES:
        raise ValueError(f"a secret of less than {MIN_SECRET_BYTES} bytes")
    if len(set(secret)) < _MIN_DISTINCT_BYTES or _MADE_UP.search(text):
        raise ValueError("a secret that is not random")
    # A name on which all agree who hold it, and which says nothing of it.
    return SharedSecret(hmac.digest(secret, b"kid", sha256).hex()[:16], secret)

"""The keys that sign tokens: one directory, private to its owner.

    <kid>.pem   a private key (PKCS #8); while it is here, what it signed verifies
    signing     which key signs when (`auth.schedule`)

A rotation publishes a key that signs from a later second on, when all who verify know it. The
former one verifies until the last token it signed has ended, and is then pruned. Each step replaces
one file as a whole, so a reader never sees half of one.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final, Self

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from auth.errors import KeyRingError
from auth.schedule import Schedule, Turn
from auth.signing_key import KeyPair, SigningKey, private_key

_SIGNING: Final = "signing"
_KID = re.compile(r"\A[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")  # safe as a file's name


class KeyRing:
    """The keys as they stood when they were loaded; to be loaded anew after a rotation."""

    def __init__(
        self, keys: Mapping[str, SigningKey], schedule: Schedule, directory: Path | None = None
    ) -> None:
        """Raises KeyRingError where the key that signs last is none of `keys` (kid → key)."""
        signing = schedule.turns[-1].kid
        if signing not in keys:
            raise KeyRingError(f"the key {signing} is to sign, but is not among the keys")
        self.keys: Mapping[str, SigningKey] = MappingProxyType(dict(keys))
        """All that verify, by kid."""
        self.schedule = schedule
        self._directory = directory

    @classmethod
    def load(cls, directory: Path) -> Self:
        """Raises KeyRingError, naming the file: no key, a damaged one, or one open to others."""
        # The schedule first: the keys it names were published before it.
        schedule = _read_schedule(directory)
        if not schedule.turns:
            raise KeyRingError(f"no signing key in {directory}")
        if directory.stat().st_mode & 0o022:
            raise KeyRingError(f"{directory} is writable by others: chmod 700")
        keys = {path.stem: _read_key(path) for path in _key_files(directory)}
        return cls(keys, schedule, directory)

    def signing_at(self, now: float) -> SigningKey:
        """Raises KeyRingError where that key's file was taken away."""
        try:
            return self.keys[self.schedule.at(now).kid]
        except (KeyError, ValueError):
            raise KeyRingError("the key that is to sign is not among the keys") from None

    def signer(self, now: float, life: int) -> SigningKey:
        """The key for a token that lives `life` seconds from now.

        How long it has to go on verifying is on record before it signs, which writes to the
        directory when a token lives longer than any before. Raises KeyRingError where it can't.
        """
        key = self.signing_at(now)
        if self._directory and life > self.schedule.at(now).longest:
            _record_life(self._directory, key.kid, life)
            self.schedule = self.schedule.with_life(key.kid, life)
        return key

    def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public halves, RFC 7517 section 5: what `/auth/jwks.json` says."""
        halves = [self.keys[kid].jwk() for kid in sorted(self.keys)]
        return {"keys": [half for half in halves if half]}


def create_key(directory: Path) -> str:
    """Publish a new key; its kid. It signs only where no other does.

    The directory is made where it is missing. Two processes at once take turns.
    """
    with _locked(directory):
        kid = _publish(directory)
        if not _read_schedule(directory).turns:
            _write_schedule(directory, Schedule((Turn(kid),)))
    return kid


def rotate(directory: Path, since: float) -> str:
    """Publish a new key that signs from the second `since` on; its kid.

    By then all who verify must have seen it: a running gateway looks every second, others as often
    as they read `/auth/jwks.json`. Raises KeyRingError where no key signs yet.
    """
    with _locked(directory):
        schedule = _read_schedule(directory)
        if not schedule.turns:
            raise KeyRingError(f"no signing key in {directory}")
        kid = _publish(directory)
        _write_schedule(directory, schedule.with_turn(Turn(kid, int(since))))
    return kid


def prune(directory: Path, now: float) -> list[str]:
    """Delete the keys whose last token has ended; their kids. Raises KeyRingError."""
    with _locked(directory):
        schedule = _read_schedule(directory)
        ended = {kid for kid, end in schedule.ends().items() if end <= now}
        for kid in ended:
            # The key first: a line without its key is dropped the next time, a key without its
            # line would verify for ever.
            _path(directory, kid).unlink(missing_ok=True)
        if ended:
            _write_schedule(directory, schedule.without(ended))
    return sorted(ended)


def _record_life(directory: Path, kid: str, life: int) -> None:
    with _locked(directory):
        schedule = _read_schedule(directory)
        longer = schedule.with_life(kid, life)
        if longer != schedule:
            _write_schedule(directory, longer)


def _publish(directory: Path) -> str:
    kid = secrets.token_hex(8)
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _write(_path(directory, kid), pem)
    return kid


def _path(directory: Path, kid: str) -> Path:
    return directory / f"{kid}.pem"


def _key_files(directory: Path) -> Iterator[Path]:
    return (path for path in directory.glob("*.pem") if _KID.match(path.stem))


def _read_schedule(directory: Path) -> Schedule:
    path = directory / _SIGNING
    try:
        schedule = Schedule.parse(path.read_text("ascii"))
    except FileNotFoundError:
        return Schedule(())
    except (OSError, ValueError) as error:
        raise KeyRingError(f"{path} cannot be read") from error
    if not all(_KID.match(turn.kid) for turn in schedule.turns):
        raise KeyRingError(f"{path} names what is no key")
    return schedule


def _write_schedule(directory: Path, schedule: Schedule) -> None:
    _write(directory / _SIGNING, str(schedule).encode())


def _read_key(path: Path) -> SigningKey:
    try:
        if path.stat().st_mode & 0o077:
            raise KeyRingError(f"{path} is open to others than its owner: chmod 600")
        private = private_key(path.read_bytes())
    except OSError as error:
        raise KeyRingError(f"{path} cannot be read") from error
    except ValueError as error:
        raise KeyRingError(f"{path} is {error}") from None
    return KeyPair(path.stem, private.public_key(), private)


@contextmanager
def _locked(directory: Path) -> Iterator[None]:
    """The lock is on the directory itself, and ends with the process that holds it."""
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        directory.chmod(0o700)
        descriptor = os.open(directory, os.O_RDONLY)
    except OSError as error:
        raise KeyRingError(f"{directory} cannot be written: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
        os.fsync(descriptor)  # the new names themselves survive a power cut
    except OSError as error:
        raise KeyRingError(f"{directory} cannot be written: {error.strerror}") from error
    finally:
        os.close(descriptor)


def _write(path: Path, content: bytes) -> None:
    """Under the lock, so that one temporary name is enough; one a crash left is written over."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if os.geteuid() == 0:  # what root writes by hand, the gateway's user has to read
            os.fchown(descriptor, path.parent.stat().st_uid, -1)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)

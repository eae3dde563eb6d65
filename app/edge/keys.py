"""The signing keys' public side, taken over anew when an operator rotates them."""

import os
from pathlib import Path

import msgspec
import structlog

from auth.errors import KeyRingError
from auth.keys import KeyRing
from auth.tokens import TokenVerifier

log = structlog.get_logger()


class Keys:
    """Raises `KeyRingError` when there are none at the start."""

    def __init__(self, directory: Path, issuer: str) -> None:
        self._directory = directory
        self._seen = self._files()
        ring = KeyRing.load(directory)
        self.verifier = TokenVerifier(ring, issuer)
        self.jwks = msgspec.json.encode(ring.jwks())
        """The public halves as JSON (RFC 7517)."""

    def refresh(self) -> bool:
        """Take over the directory if it changed; a ring that cannot be read changes nothing.

        True: what verified before has to verify anew, since its key may have been withdrawn.
        """
        files = self._files()
        if files == self._seen:
            return False
        try:
            ring = KeyRing.load(self._directory)
        except KeyRingError as error:
            log.warning("keys could not be read", reason=str(error))
            return False
        self._seen = files
        self.verifier.adopt(ring)
        self.jwks = msgspec.json.encode(ring.jwks())
        log.info("keys taken over", count=len(ring.keys))
        return True

    def _files(self) -> frozenset[tuple[str, int]]:
        """Names and times: the directory's own time is too coarse for two changes in a row."""
        try:
            with os.scandir(self._directory) as entries:
                return frozenset((entry.name, entry.stat().st_mtime_ns) for entry in entries)
        except OSError:
            return frozenset()

"""The signing keys' public side, taken over anew when an operator rotates them."""

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
        self._seen = self._changed_at()
        ring = KeyRing.load(directory)
        self.verifier = TokenVerifier(ring, issuer)
        self.jwks = msgspec.json.encode(ring.jwks())
        """The public halves as JSON (RFC 7517)."""

    def refresh(self) -> None:
        """Take over the directory if it changed; a ring that cannot be read changes nothing."""
        changed_at = self._changed_at()
        if changed_at == self._seen:
            return
        try:
            ring = KeyRing.load(self._directory)
        except KeyRingError as error:
            log.warning("keys could not be read", reason=str(error))
            return
        self._seen = changed_at
        self.verifier.adopt(ring)
        self.jwks = msgspec.json.encode(ring.jwks())
        log.info("keys taken over", count=len(ring.keys))

    def _changed_at(self) -> int:
        return self._directory.stat().st_mtime_ns if self._directory.exists() else 0

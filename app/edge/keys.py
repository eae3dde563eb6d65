"""The keys as the running gateway has them: taken over anew when an operator rotates them."""

import time
from collections.abc import Callable
from typing import Final

import msgspec
import structlog

from app.edge.identity import identity_rules
from app.edge.key_ring import key_ring
from app.settings import Settings
from auth.errors import KeyRingError
from auth.keys import prune
from auth.tokens import TokenIssuer, TokenVerifier

JWKS_MAX_AGE: Final = 60
"""Seconds for which others may keep our public keys."""
PRUNE_INTERVAL: Final = 60.0

log = structlog.get_logger()


class Keys:
    """Raises `KeyRingError` when there are none at the start."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._clock = clock
        self._prune_at = 0.0
        self._seen = self._files()
        self._ring = key_ring(settings)
        self.verifier = TokenVerifier(self._ring, settings.token_issuer, identity_rules(settings))
        self.issuer = TokenIssuer(self._ring, settings.token_issuer)
        self.jwks = msgspec.json.encode(self._ring.jwks())
        """The public halves as JSON (RFC 7517)."""

    def refresh(self) -> bool:
        """Take over the files if they changed; a ring that cannot be read changes nothing.

        True: a key is gone, so what verified before has to verify anew.
        """
        self._prune()
        files = self._files()
        if files == self._seen:
            return False
        try:
            ring = key_ring(self._settings)
        except KeyRingError as error:
            log.warning("keys could not be read", reason=str(error))
            return False
        self._seen = files
        withdrawn = self._ring.keys.keys() - ring.keys.keys()
        self._ring = ring
        self.verifier.adopt(ring)
        self.issuer.adopt(ring)
        self.jwks = msgspec.json.encode(ring.jwks())
        log.info("keys taken over", count=len(ring.keys), withdrawn=len(withdrawn))
        return bool(withdrawn)

    def _prune(self) -> None:
        """Delete the keys whose last token has ended."""
        now = self._clock()
        if now < self._prune_at:
            return
        self._prune_at = now + PRUNE_INTERVAL
        if all(end > now for end in self._ring.schedule.ends().values()):
            return
        try:
            pruned = prune(self._settings.keys_dir, now)
        except KeyRingError as error:
            log.warning("ended keys could not be deleted", reason=str(error))
        else:
            log.info("ended keys deleted", count=len(pruned))

    def _files(self) -> frozenset[tuple[str, int, int]]:
        """Names and times: a directory's own time is too coarse for two changes in a row."""
        file = self._settings.token_secret_file or self._settings.signing_key_file
        try:
            paths = [file] if file else list(self._settings.keys_dir.iterdir())
            found = [(path.name, path.stat()) for path in paths]
        except OSError:
            return frozenset()
        return frozenset((name, status.st_ino, status.st_mtime_ns) for name, status in found)

"""What can go wrong with tokens and keys. No error ever carries a token or a key."""

from typing import Literal

from auth.principal import Principal

Reason = Literal[
    "malformed",  # no token at all, or one that cannot be read
    "header",  # header members other than alg, kid and typ, or other values than ours
    "unknown_key",
    "signature",
    "claims",  # well signed, but a claim is missing, of a wrong type or out of its bounds
    "expired",
    "revoked",
    "ticket",  # used, expired, another origin's or never issued
]


class TokenRefusedError(Exception):
    """`reason` is for the log and the counters; who presented the token is told none of it."""

    def __init__(self, reason: Reason, principal: Principal | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.principal = principal
        """Whose it is, where its signature was good: for the audit of that tenant."""


class SecretFileError(ValueError):
    """A mounted secret cannot be read, or can be read by others. Says neither where nor what."""


class KeyRingError(Exception):
    """The directory of keys is absent, open to others, or holds what is no key. For operators."""

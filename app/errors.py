"""What can go wrong, as values. `app/edge/errors.py` alone maps them to HTTP and to the socket.

A message is written for the client that receives it and never repeats its input: an echoed value is
how secrets reach logs and how markup reaches pages.
"""

from typing import ClassVar


class GatewayError(Exception):
    """Base of every refusal: a stable `code` for programs, a `message` for people."""

    code: ClassVar[str] = "internal"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details
        """Further members of the error body, e.g. `field`, `limit`, `retry_after` (seconds)."""


class BadRequestError(GatewayError):
    code = "bad_request"


class UnauthenticatedError(GatewayError):
    """No credential, or one that does not verify. Which check failed stays in the log."""

    code = "unauthenticated"


class NoCredentialError(UnauthenticatedError):
    """Nothing was offered, so nothing was wrong with it (RFC 6750 §3.1)."""


class ForbiddenError(GatewayError):
    """A valid credential that does not reach this far."""

    code = "forbidden"


class NotFoundError(GatewayError):
    code = "not_found"


class ConflictError(GatewayError):
    code = "conflict"


class GoneError(GatewayError):
    """It was there, and is past its retention."""

    code = "gone"


class PreconditionFailedError(GatewayError):
    """It is not any more what its author saw (RFC 9110 §13.1.1)."""

    code = "changed_meanwhile"


class TooLargeError(GatewayError):
    code = "too_large"


class UnsupportedMediaTypeError(GatewayError):
    code = "unsupported_media_type"


class InvalidInputError(GatewayError):
    """Well-formed JSON that breaks the documented schema; `details["field"]` says where."""

    code = "invalid"


class UpgradeRequiredError(GatewayError):
    code = "upgrade_required"


class LimitReachedError(GatewayError):
    """`details["limit"]` names the bucket; it resets in `details["retry_after"]` seconds."""

    code = "rate_limited"
    retryable = True

    def __init__(self, message: str, *, limit: str, retry_after: int) -> None:
        super().__init__(message, limit=limit, retry_after=retry_after)


class UnavailableError(GatewayError):
    """A part the gateway needs does not answer; nothing was kept. `details["part"]` names it."""

    code = "unavailable"
    retryable = True

    def __init__(self, message: str, *, part: str, retry_after: int = 5) -> None:
        super().__init__(message, part=part, retry_after=retry_after)

"""Where a request carries its token. Pure: strings in, the token or None (not offered) out."""

import re
from collections.abc import Sequence
from typing import Final

from auth.errors import TokenRefusedError

SUBPROTOCOL: Final = "iaqverse.v1"
"""The one subprotocol a handshake echoes; the one that carries the token never is."""

_TOKEN_PREFIX: Final = "bearer."  # noqa: S105  (a prefix, no secret)
# RFC 9110 section 11.1: the scheme in any case; RFC 6750 section 2.1: one space, then b64token.
_AUTHORIZATION = re.compile(r"\A[Bb][Ee][Aa][Rr][Ee][Rr] ([A-Za-z0-9._~+/-]+=*)\Z")


def from_authorization(header: str | None) -> str | None:
    """The token in `Authorization: Bearer <token>`; None where the header is absent.

    Raises TokenRefusedError for a header that is there and says anything else: a client that meant
    to authenticate is told so instead of being taken for anonymous.
    """
    if header is None:
        return None
    match = _AUTHORIZATION.match(header)
    if match is None:
        raise TokenRefusedError("malformed")
    return match[1]


def from_subprotocols(offered: Sequence[str]) -> str | None:
    """The token in `Sec-WebSocket-Protocol: iaqverse.v1, bearer.<token>`, already split.

    A browser can set no other header on a WebSocket. Raises TokenRefusedError for an empty token, a
    second one, or one without `SUBPROTOCOL` beside it: then nothing could be echoed, and a browser
    closes a socket whose offer was not answered (RFC 6455 section 4.1).
    """
    tokens = [entry for entry in offered if entry.startswith(_TOKEN_PREFIX)]
    if not tokens:
        return None
    token = tokens[0].removeprefix(_TOKEN_PREFIX)
    if len(tokens) > 1 or not token or SUBPROTOCOL not in offered:
        raise TokenRefusedError("malformed")
    return token

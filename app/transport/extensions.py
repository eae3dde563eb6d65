"""permessage-deflate as the opening handshake agrees on it (RFC 7692 §5, §7.1; RFC 6455 §9.1).

Only without context takeover, in both directions: the server's, so that a message is deflated once
for everybody; the client's, so that no window is held for each connection.
"""

import re
from collections.abc import Iterable, Iterator

from app.transport.deflate import WINDOW_BITS

Parameters = list[tuple[bytes, bytes | None]]

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_PARAMETER = re.compile(
    rb"[ \t]*(" + _TOKEN + rb")[ \t]*(?:=[ \t]*(?:(" + _TOKEN + rb')|"((?:\\?'
    rb"[!#$%&'*+.^_`|~0-9A-Za-z-])+)" + rb'"))?[ \t]*'
)
"""A name alone or with a value; a quoted value has to be a token as well (RFC 6455 §9.1)."""
_BITS = re.compile(rb"[89]|1[0-5]")
_WITHOUT_VALUE = frozenset({b"server_no_context_takeover", b"client_no_context_takeover"})
_AGREED = b"permessage-deflate; server_no_context_takeover; client_no_context_takeover"


def agree(values: Iterable[bytes]) -> bytes | None:
    """The answer to the offers in `Sec-WebSocket-Extensions`; None: they are all declined.

    The first offer that can be taken is (§5.1). Raises ValueError for what is no list of offers.
    """
    answers = [_answer(name, parameters) for name, parameters in _offers(values)]
    return next((answer for answer in answers if answer is not None), None)


def _offers(values: Iterable[bytes]) -> Iterator[tuple[bytes, Parameters]]:
    for offer in b",".join(values).split(b","):
        if not offer.strip(b" \t"):
            continue  # RFC 2616 §2.1: a list may have empty elements
        (name, value), *parameters = [_parameter(part) for part in offer.split(b";")]
        if value is not None:
            raise ValueError("expected the name of an extension")
        yield name, parameters


def _parameter(part: bytes) -> tuple[bytes, bytes | None]:
    found = _PARAMETER.fullmatch(part)
    if found is None:
        raise ValueError("expected parameters of RFC 6455 §9.1")
    name, token, quoted = found.groups()
    return name, token if quoted is None else quoted.replace(b"\\", b"")


def _answer(name: bytes, parameters: Parameters) -> bytes | None:
    """§7.1: declined are other extensions, unknown parameters, wrong values, repeated names."""
    asked = dict(parameters)
    if name != b"permessage-deflate" or len(asked) < len(parameters):
        return None
    if not all(_is_valid(*parameter) for parameter in parameters):
        return None
    bits = asked.get(b"server_max_window_bits")
    if bits is None:
        return _AGREED
    if int(bits) < WINDOW_BITS:
        return None
    return _AGREED + b"; server_max_window_bits=%d" % WINDOW_BITS


def _is_valid(name: bytes, value: bytes | None) -> bool:
    if name in _WITHOUT_VALUE:
        return value is None
    if name == b"client_max_window_bits":
        return value is None or _BITS.fullmatch(value) is not None
    if name == b"server_max_window_bits":
        return value is not None and _BITS.fullmatch(value) is not None
    return False

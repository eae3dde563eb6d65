"""Bodies of many measurements, cut into items that stand or fall by themselves."""

import msgspec

from app.domain.decoding import decode
from app.errors import TooLargeError

Item = bytes | msgspec.Raw
"""One measurement's JSON, not parsed yet."""

_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


def array(body: bytes, most: int) -> list[msgspec.Raw] | None:
    """The items of a JSON array; None where the body is none: then it is one measurement.

    Raise `BadRequestError` where it is not JSON, `TooLargeError` beyond `most` items.
    """
    if body.lstrip()[:1] != b"[":
        return None
    items = decode(_ITEMS, body)
    _check_count(len(items), most)
    return items


def lines(body: bytes, most: int) -> list[bytes]:
    """Of NDJSON, those that are not blank. How deep one nests need not be looked at: the decoder of
    a measurement goes no further down than a measurement does.
    """
    items = [line for line in body.split(b"\n") if line and not line.isspace()]
    _check_count(len(items), most)
    return items


def _check_count(count: int, most: int) -> None:
    if count > most:
        raise TooLargeError(f"a batch has at most {most} measurements")

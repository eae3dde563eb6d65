"""How deeply JSON nests, found without parsing it: parsers recurse until they give up."""

import re

from app.errors import BadRequestError

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Possessive, and a string that never ends is one too: else each of its quotes begins a search to
the end of the body (measured: minutes for 256 KB)."""
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


class TooDeepError(BadRequestError):
    code = "too_deep"


def check_depth(data: bytes, limit: int) -> None:
    """Raise `TooDeepError` for more than `limit` open arrays and objects."""
    if data.count(b"{") + data.count(b"[") <= limit:
        return
    depth = 0
    for bracket in _STRING.sub(b"", data).translate(None, _NOT_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > limit:
            raise TooDeepError(f"JSON nests at most {limit} deep here")

"""How deeply JSON nests, found without parsing it: parsers recurse until they give up."""

import re

from app.errors import BadRequestError

_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"?', re.DOTALL)
"""Possessive, and a string that never ends is one too: else each of its quotes begins a search to
the end of the body (measured: minutes for 256 KB)."""
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_OPEN = ord("[")
_AS_ARRAYS = bytes.maketrans(b"{}", b"[]")


class TooDeepError(BadRequestError):
    code = "too_deep"


def check_depth(data: bytes, limit: int) -> None:
    """Raise `TooDeepError` for more than `limit` open arrays and objects."""
    if data.count(b"{") + data.count(b"[") <= limit:
        return
    brackets = _outside_strings(data).translate(_AS_ARRAYS, _NOT_BRACKETS)
    if _nests_at_most(limit, brackets):
        return
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == _OPEN else -1
        if depth > limit:
            raise TooDeepError(f"JSON nests at most {limit} deep here")


def _outside_strings(data: bytes) -> bytes:
    if b"\\" in data:
        return _STRING.sub(b"", data)
    return b"".join(data.split(b'"')[::2])


def _nests_at_most(limit: int, brackets: bytes) -> bool:
    """Whether they all close within so many levels: a round takes the innermost one off. A batch
    of measurements takes 3 rounds over its bytes instead of a step for each bracket.
    """
    for _ in range(limit):
        if not brackets:
            break
        brackets = brackets.replace(b"[]", b"")
    return not brackets

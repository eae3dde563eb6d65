"""Versions in `ETag`, `If-Match` and `If-None-Match` (RFC 9110 §13): nobody overwrites unseen."""

import re

from fastapi import Request

from app.errors import BadRequestError

_TAG = re.compile(r'\A"([1-9][0-9]{0,17})"\Z')


def tag(version: int) -> str:
    return f'"{version}"'


def expected(request: Request) -> int | None:
    """The version that the author saw, 0 for none (`If-None-Match: *`); None where nothing is said.

    Raise `BadRequestError` for anything else.
    """
    match, none_match = (request.headers.get(name) for name in ("if-match", "if-none-match"))
    if match is None:
        if none_match not in (None, "*"):
            raise BadRequestError("If-None-Match: only * is for a change")
        return None if none_match is None else 0
    found = _TAG.match(match)
    if none_match is not None or found is None:
        raise BadRequestError('If-Match: one version as an ETag gave it, like "3"')
    return int(found[1])

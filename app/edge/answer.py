"""Answers in JSON that no cache keeps: what one person may see is not another's."""

from collections.abc import Mapping

from fastapi import Response
from msgspec.json import encode

NO_STORE: Mapping[str, str] = {"Cache-Control": "no-store"}


def answer(content: object, status: int = 200) -> Response:
    return answer_json(encode(content), status)


def answer_json(content: bytes, status: int = 200) -> Response:
    """It is JSON already: nothing is parsed to be written again."""
    return Response(content, status, NO_STORE, "application/json")

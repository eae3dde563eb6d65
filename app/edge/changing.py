"""A member's change of a document: on the version that was seen (RFC 9110 §13), and audited."""

import re
import time

from fastapi import Request, Response

from app.edge.answer import answer
from app.edge.client_ip import client_ip
from app.edge.gateway import Gateway
from app.edge.members import Member
from app.errors import BadRequestError
from app.storage.records import documents
from app.storage.records.audit import Act
from app.storage.records.documents import Document, Kind
from app.storage.sql import Sql

_ACTS = {
    Kind.RULES: Act.ALERT_RULES_CHANGED,
    Kind.PLAN: Act.PLAN_CHANGED,
    Kind.OUTLETS: Act.OUTLETS_CHANGED,
}
_TAG = re.compile(r'\A"([1-9][0-9]{0,17})"\Z')


async def put(
    gateway: Gateway, request: Request, editor: Member, what: tuple[Kind, str], body: str
) -> int:
    """The version from now on of what has this kind and name; an empty body takes it away.

    It is 0 where there was nothing to take away. Raise `PreconditionFailedError` where somebody was
    quicker, `BadRequestError` for a condition that is none, `ConflictError` for too many.
    """
    kind, name = what
    seen, now_ms = _seen(request), time.time_ns() // 1_000_000
    document = Document(editor.tenant, kind, name, 0, body, now_ms, editor.name)

    def work(sql: Sql) -> int:
        version = documents.put(sql, document, seen)
        if version is None:
            return 0
        gateway.audit.write(
            sql,
            editor.tenant,
            _ACTS[kind],
            actor=editor.name,
            target=name,
            address=client_ip(request),
        )
        return version

    return await gateway.store.transact(work)


def tagged(content: object, version: int) -> Response:
    """With the version as its `ETag`."""
    response = answer(content)
    response.headers["ETag"] = f'"{version}"'
    return response


def _seen(request: Request) -> int | None:
    """The version that the author saw, 0 for none (`If-None-Match: *`); None: nothing is said."""
    match, none_match = (request.headers.get(name) for name in ("if-match", "if-none-match"))
    if match is None:
        if none_match not in {None, "*"}:
            raise BadRequestError("If-None-Match: only * is for a change")
        return None if none_match is None else 0
    found = _TAG.match(match)
    if none_match is not None or found is None:
        raise BadRequestError('If-Match: one version as an ETag gave it, like "3"')
    return int(found[1])

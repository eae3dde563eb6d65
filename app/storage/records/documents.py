"""What a tenant's people draw and set: JSON documents, each with the version that it is."""

from dataclasses import dataclass
from enum import StrEnum

from app.errors import ConflictError, PreconditionFailedError
from app.storage.sql import MOST, Sql

DOCUMENTS = """
    CREATE TABLE documents (
        tenant TEXT NOT NULL,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        version BIGINT NOT NULL,
        body TEXT NOT NULL,
        changed_ms BIGINT NOT NULL,
        changed_by TEXT NOT NULL,
        PRIMARY KEY (tenant, kind, name)
    );
"""
"""The table as both databases take it."""
MOST_OF_A_KIND = 200
"""A tenant may have, and as many that were taken away are remembered."""


class Kind(StrEnum):
    PLAN = "plan"
    """Of a site, whose name it has."""
    RULES = "rules"
    """A tenant's for its alerts; its name is empty, as the next one's."""
    OUTLETS = "outlets"


@dataclass(frozen=True, slots=True)
class Document:
    tenant: str
    kind: Kind
    name: str
    version: int
    """1 for the first one of this name; each change adds 1, and so does one that takes it away."""
    body: str
    changed_ms: int
    changed_by: str
    """The subject of a token."""


def find(sql: Sql, tenant: str, kind: Kind, name: str = "") -> Document | None:
    rows = sql.rows(
        """
        SELECT version, body, changed_ms, changed_by FROM documents
        WHERE tenant = ? AND kind = ? AND name = ? AND body <> ''
        """,
        tenant,
        kind,
        name,
    )
    return Document(tenant, kind, name, *rows[0]) if rows else None


def versions(sql: Sql, kind: Kind) -> dict[tuple[str, str], int]:
    """Everybody's, by tenant and name."""
    rows = sql.rows(
        """
        SELECT tenant, name, version FROM documents
        WHERE kind = ? AND body <> '' ORDER BY tenant, name LIMIT ?
        """,
        kind,
        MOST,
    )
    return {(tenant, name): version for tenant, name, version in rows}


def of_kind(sql: Sql, kind: Kind, tenant: str | None = None) -> list[Document]:
    """One tenant's, by name, or everybody's."""
    whose = "" if tenant is None else "AND tenant = ?"
    rows = sql.rows(
        f"""
        SELECT tenant, kind, name, version, body, changed_ms, changed_by FROM documents
        WHERE kind = ? AND body <> '' {whose} ORDER BY tenant, name LIMIT ?
        """,  # noqa: S608  (no input)
        kind,
        *(() if tenant is None else (tenant,)),
        MOST,
    )
    return [Document(tenant, Kind(kind), *rest) for tenant, kind, *rest in rows]


def put(sql: Sql, document: Document, expected: int | None = None) -> int | None:
    """Keep it as the version after the one there is; that version is the answer.

    `expected` is the version that its author saw, 0 for none; None is whichever there is. Raise
    `PreconditionFailedError` for another one, `ConflictError` where the tenant has too many. What
    has an empty body is there no more; its version is remembered. The answer is None where there
    was nothing to take away.
    """
    key = (document.tenant, document.kind, document.name)
    found = sql.rows(
        "SELECT version, body FROM documents WHERE tenant = ? AND kind = ? AND name = ?", *key
    )
    version, body = found[0] if found else (0, "")
    if expected is not None and expected != (version if body else 0):
        raise _changed_meanwhile()
    if not body and not document.body:
        return None
    if not body and len(of_kind(sql, document.kind, document.tenant)) >= MOST_OF_A_KIND:
        raise ConflictError(f"there are {MOST_OF_A_KIND} already")
    content = (document.body, document.changed_ms, document.changed_by)
    if not _put(sql, key, int(version), content):
        raise _changed_meanwhile()
    if not document.body:
        _forget_oldest(sql, document.tenant, document.kind)
    return int(version) + 1


def _put(sql: Sql, key: tuple[str, str, str], version: int, content: tuple[str, int, str]) -> bool:
    """Whether nobody else was quicker: the version is still this one, 0 where there was none."""
    if version:
        changed = sql.change(
            """
            UPDATE documents SET body = ?, changed_ms = ?, changed_by = ?, version = version + 1
            WHERE tenant = ? AND kind = ? AND name = ? AND version = ?
            """,
            *content,
            *key,
            version,
        )
    else:
        changed = sql.change(
            """
            INSERT INTO documents (body, changed_ms, changed_by, tenant, kind, name, version)
            VALUES (?, ?, ?, ?, ?, ?, 1) ON CONFLICT (tenant, kind, name) DO NOTHING
            """,
            *content,
            *key,
        )
    return changed == 1


def _forget_oldest(sql: Sql, tenant: str, kind: Kind) -> None:
    """Of those that were taken away; one that comes again then begins with version 1."""
    sql.change(
        """
        DELETE FROM documents WHERE tenant = ? AND kind = ? AND body = '' AND name NOT IN (
            SELECT name FROM documents WHERE tenant = ? AND kind = ? AND body = ''
            ORDER BY changed_ms DESC, name LIMIT ?
        )
        """,
        *(tenant, kind, tenant, kind, MOST_OF_A_KIND),
    )


def _changed_meanwhile() -> PreconditionFailedError:
    return PreconditionFailedError("somebody has changed it meanwhile")

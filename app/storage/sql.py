"""Plain SQL for what changes seldom (`app.storage.records`), written once for every database."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

Parameter = str | int | None

MOST = 1_000_000
"""A LIMIT that is none."""


class Sql(Protocol):
    """One transaction. Parameters are written `?`, which stands nowhere else in a statement.

    A text of what both SQLite and PostgreSQL take: TEXT keys, BIGINT times, 0 and 1 for a boolean.
    """

    def rows(self, statement: str, *parameters: Parameter) -> list[tuple[Any, ...]]: ...

    def change(self, statement: str, *parameters: Parameter) -> int:
        """How many rows were inserted, updated or deleted."""


Work = Callable[[Sql], T]


@dataclass(frozen=True, slots=True)
class Undone:
    """The work raised, and nothing of it is kept."""

    error: Exception

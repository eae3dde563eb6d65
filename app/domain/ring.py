"""One tenant's recent publications, shared by all its connections instead of a queue for each."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from app.model import RoutingKey


class Entry(NamedTuple):
    sequence: int
    key: RoutingKey
    frame: bytes


class Ring:
    """At most `publications` entries and `max_bytes` of frames; the oldest make room."""

    __slots__ = ("_bytes", "_entries", "_max_bytes", "_publications")

    def __init__(self, publications: int, max_bytes: int) -> None:
        self._publications = publications
        self._max_bytes = max_bytes
        self._entries: deque[Entry] = deque()
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, entry: Entry) -> None:
        entries = self._entries
        if entries and entry.sequence != entries[-1].sequence + 1:
            self.clear()  # a hole would make `since` answer with less than was asked for
        entries.append(entry)
        self._bytes += len(entry.frame)
        while len(entries) > self._publications or self._bytes > self._max_bytes:
            self._bytes -= len(entries.popleft().frame)

    def since(self, sequence: int) -> Iterator[Entry] | None:
        """The entries from `sequence` on, or None if some of them are not held any more."""
        if not self._entries:
            return None
        skipped = sequence - self._entries[0].sequence
        return islice(self._entries, skipped, None) if skipped >= 0 else None

    def clear(self) -> None:
        self._entries.clear()
        self._bytes = 0

"""The connections that see the same: what they are sent is joined once and written to each."""

from typing import Protocol

from app.protocol.topics import Selection
from app.transport.connection import Connection


class Reader(Protocol):
    """A connection in an audience. It has no queue: at most a mark where it fell behind."""

    connection: Connection
    missed_from: int
    """Sequence of the first publication it was not sent; 0 when it has everything."""
    missed_since_match: int
    """How many publications its audience had matched before that one."""
    lagging: bool
    """It has been sent a part of a digest: the ring is not for it until it has the rest."""


class Audience:
    __slots__ = ("deflated", "first", "matched", "members", "pending", "selection")

    def __init__(self, selection: Selection, *, deflated: bool) -> None:
        self.selection = selection
        self.deflated = deflated
        """Its members negotiated permessage-deflate."""
        self.members: set[Reader] = set()
        self.pending: list[bytes] = []
        self.first = 0
        """Sequence of the oldest pending frame."""
        self.matched = 0
        """Publications matched so far, pending ones included."""

    def add(self, sequence: int, frame: bytes) -> bool:
        """Queue a frame for the next flush; True if it is the first."""
        self.matched += 1
        self.pending.append(frame)
        if len(self.pending) > 1:
            return False
        self.first = sequence
        return True

    def flush(self) -> int:
        """Write what is pending, as one object, to each member that reads; how many got it.

        A member that does not read is skipped and keeps its place; `Hub.catch_up` serves it.
        """
        frames, self.pending = self.pending, []
        blob = frames[0] if len(frames) == 1 else b"".join(frames)
        before = self.matched - len(frames)
        skipped = 0
        for member in self.members:
            connection = member.connection
            if member.missed_from:
                skipped += 1
            elif connection.paused:
                skipped += 1
                member.missed_from = self.first
                member.missed_since_match = before
            else:
                connection.write(blob, len(frames))
        return (len(self.members) - skipped) * len(frames)

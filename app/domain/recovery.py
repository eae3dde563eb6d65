"""Brings a connection from a position it names to the present, from the store and the ring.

While it is behind, live publications pass it by and wait in the ring; it reads the store until the
ring holds the rest, and is live from there. So the two join without a hole and without a repeat.
"""

import asyncio
from collections.abc import Awaitable, Callable

from app.domain.channel import Member
from app.domain.hub import Hub
from app.domain.ring import Entry
from app.protocol.topics import Selection
from app.storage.base import Store
from app.transport.framing import text_frame

CHUNK = 500
"""Publications read from the store at a time."""
READERS = 8
"""Connections that read the store at once; the others wait their turn."""


class Recovery:
    def __init__(self, hub: Hub, store: Store, refresh: Callable[[str], Awaitable[None]]) -> None:
        """`refresh` as of `app.domain.dispatch.Dispatch`."""
        self._hub = hub
        self._store = store
        self.refresh = refresh
        self._turn = asyncio.Semaphore(READERS)

    async def read_store(self, tenant: str, member: Member) -> None:
        """Send from the store until the ring holds the rest or the connection stops reading.

        Raise `UnavailableError` when the store does not answer, `PrunedError` when it let go of
        what is owed meanwhile.
        """
        async with self._turn:
            while member.replay is not None and not member.connection.paused:
                if self._hub.catch_up(member):
                    return
                await self._send_chunk(tenant, member)

    async def _send_chunk(self, tenant: str, member: Member) -> None:
        """The store may be ahead of the hub by a commit: that part comes live."""
        replay, newest = member.replay, member.channel.position.sequence
        found = await self._store.after(tenant, member.missed_from - 1, _wanted(member), CHUNK)
        entries = [
            Entry(each.position.sequence, each.key, text_frame(each.text))
            for each in found
            if each.position.sequence <= newest
        ]
        is_last = len(found) < CHUNK or len(entries) < len(found)
        while entries and member.replay is replay and not member.connection.paused:
            self._hub.send(member, entries)
            await asyncio.sleep(0)  # until then the transport does not say that the peer stopped
            entries = [entry for entry in entries if entry.sequence >= member.missed_from]
        if is_last and not entries and member.replay is replay:
            member.missed_from = max(member.missed_from, newest + 1)


def _wanted(member: Member) -> Selection:
    """A superset of what it lacks; `Hub.send` looks closer."""
    selection = member.audience.selection
    asked = member.replay.topics if member.replay else frozenset()
    return Selection(selection.chosen | asked, selection.grant)

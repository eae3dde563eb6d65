"""Fan-out: each publication framed once, joined per audience, written once per connection and turn.

For the audiences that negotiated permessage-deflate it is deflated, once for all of them.

The first publication after a quiet turn of the loop is written at once; what follows in the same
turn goes together at its end. No timer delays anything (DESIGN 3.1, measured there).
"""

import asyncio
from collections.abc import Iterable, Sequence

import msgspec

from app.domain.audience import Audience
from app.domain.channel import Bounds, Channel, Member
from app.domain.replay import Replay
from app.domain.ring import Entry
from app.model import Position, Publication
from app.protocol.topics import Selection
from app.transport.deflate import smaller_frame
from app.transport.framing import text_frame

CATCH_UP_BYTES = 65_536
"""Written to one late connection at a time, so that it never has much more than this in flight."""
FLUSH_BYTES = 262_144
"""Pending for all audiences before a flush does not wait for the turn's end."""


class Hub:
    """Holds every tenant's channel. All of it runs on one event loop; nothing awaits."""

    def __init__(self, bounds: Bounds) -> None:
        self._loop = asyncio.get_running_loop()
        self._bounds = bounds
        self._channels: dict[str, Channel] = {}
        self._dirty: list[Audience] = []
        self._pending_bytes = 0
        self._in_turn = False
        self.publications = 0
        self.deliveries = 0
        self.lagged = 0
        self.dropped = {"digest": 0, "closed": 0}
        """Messages that a socket was not sent: left out of a digest, or owed to it at its end."""

    @property
    def channels(self) -> dict[str, Channel]:
        return self._channels

    def channel(self, tenant: str) -> Channel | None:
        """None until `open` or the tenant's first publication."""
        return self._channels.get(tenant)

    def open(self, tenant: str, position: Position) -> Channel:
        """The tenant's channel, at this position unless it is further already."""
        channel = self._channels.get(tenant)
        if channel is None:
            channel = self._channels[tenant] = Channel(position, self._bounds)
        return channel

    def close(self, tenant: str) -> None:
        """Let go of the tenant's channel; whoever is still in it hears nothing any more."""
        self.flush()
        self._channels.pop(tenant, None)

    def publish(self, publications: Sequence[Publication]) -> None:
        """Send committed publications, in the order of their positions, to whom they reach."""
        for publication in publications:
            self._add(publication)
        self.publications += len(publications)
        if not self._in_turn:
            self.flush()
            self._in_turn = True
            self._loop.call_soon(self._end_turn)

    def join(self, member: Member, selection: Selection) -> None:
        """From the next publication on, the member gets what the selection matches."""
        self.flush()
        member.audience = member.channel.join(member, selection)

    def move(self, member: Member, selection: Selection) -> None:
        """Change what a member sees; what it missed before is chosen by the new selection."""
        self.flush()
        left = member.audience
        if left.selection != selection:
            member.audience = member.channel.join(member, selection)
            member.channel.leave(member, left)
            member.missed_since_match += member.audience.matched - left.matched

    def leave(self, member: Member) -> None:
        """Nothing more is sent to it, nor owed."""
        self.flush()
        if member.missed_from:
            owed = member.audience.matched - member.missed_since_match
            self.dropped["closed"] += max(0, owed)
        member.channel.leave(member, member.audience)
        member.missed_from = 0
        member.lagging = False
        member.replay = None

    def owe(self, member: Member, after: int, replay: Replay) -> None:
        """From here on it is behind, until it has been sent what the replay owes it."""
        self.flush()
        member.missed_from = after + 1
        member.missed_since_match = member.audience.matched
        member.lagging = False
        member.replay = replay

    def flush(self) -> None:
        dirty, self._dirty = self._dirty, []
        self._pending_bytes = 0
        for audience in dirty:
            self.deliveries += audience.flush()

    def catch_up(self, member: Member) -> bool:
        """Send what it missed from the ring, as far as it goes on reading.

        False when the ring does not hold that any more and it is still owed the past: then the
        store has to be asked. Whoever is owed nothing gets a digest instead.
        """
        self.flush()
        while member.missed_from and not member.connection.paused:
            _skip_what_was_sent(member)
            if member.missed_from > member.channel.position.sequence:
                member.missed_from = 0
                member.replay = None
                break
            entries = member.channel.ring.since(member.missed_from)
            if entries is None and member.replay is not None:
                return False
            if entries is None or member.lagging:
                self._send_digest(member)
            else:
                self.send(member, entries)
        return True

    def send(self, member: Member, entries: Iterable[Entry]) -> None:
        """Write those of the entries that it lacks, up to `CATCH_UP_BYTES`, and move its mark."""
        frames: list[bytes] = []
        size = 0
        for entry in entries:
            if size >= CATCH_UP_BYTES:
                break
            if _lacks(member, entry):
                frames.append(entry.frame)
                size += len(entry.frame)
            member.missed_from = entry.sequence + 1
        member.missed_since_match += len(frames)
        self._write(member, frames)

    def _add(self, publication: Publication) -> None:
        channel = self.open(publication.tenant, publication.position)
        channel.position = publication.position
        channel.wake(publication.key)
        frame = text_frame(publication.text)
        sequence = publication.position.sequence
        channel.record(Entry(sequence, publication.key, frame), backlog=publication.backlog)
        smaller = b""
        for audience in channel.route(publication.key):
            sent = frame
            if audience.deflated:
                sent = smaller = smaller or smaller_frame(publication.text)
            self._pending_bytes += len(sent)
            if audience.add(sequence, sent):
                self._dirty.append(audience)
        if self._pending_bytes > FLUSH_BYTES:
            self.flush()

    def _end_turn(self) -> None:
        if self._dirty:
            self.flush()
            self._loop.call_soon(self._end_turn)
        else:
            self._in_turn = False

    def _send_digest(self, member: Member) -> None:
        """Too far behind: the latest of each sensor, every alert, and how much was left out.

        `CATCH_UP_BYTES` of them; before the next, what was replaced meanwhile is told as well.
        """
        audience = member.audience
        entries = member.channel.digest(audience.selection, member.missed_from)
        dropped = max(0, audience.matched - member.missed_since_match - len(entries))
        frames: list[bytes] = []
        if dropped or not member.lagging:
            frames.append(text_frame(msgspec.json.encode({"type": "lagged", "dropped": dropped})))
            self.lagged += not member.lagging
            self.dropped["digest"] += dropped
        sent = _beginning(entries)
        left = len(entries) - len(sent)
        member.lagging = left > 0
        member.missed_from = entries[len(sent)].sequence if left else 0
        member.missed_since_match = audience.matched - left
        self._write(member, frames + [entry.frame for entry in sent])

    def _write(self, member: Member, frames: list[bytes]) -> None:
        if frames:
            self.deliveries += len(frames)
            member.connection.write(b"".join(frames), len(frames))


def _beginning(entries: Sequence[Entry]) -> Sequence[Entry]:
    """Up to `CATCH_UP_BYTES` of them, at least one where there is one."""
    size = 0
    for count, entry in enumerate(entries):
        if size >= CATCH_UP_BYTES:
            return entries[:count]
        size += len(entry.frame)
    return entries


def _lacks(member: Member, entry: Entry) -> bool:
    replay, selection = member.replay, member.audience.selection
    if replay is not None and entry.sequence < replay.live_from:
        return replay.wants(entry.sequence, entry.key, selection)
    return selection.matches(entry.key)


def _skip_what_was_sent(member: Member) -> None:
    replay = member.replay
    if replay is not None and replay.until < member.missed_from < replay.live_from:
        member.missed_from = replay.live_from

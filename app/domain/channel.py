"""All that the hub holds of one tenant.

Also while nobody listens, until the tenant is let go of (`app.domain.dispatch`): when a whole crowd
is cut off and comes back, the store is not asked a thousand times for the same few seconds.
"""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from itertools import chain, takewhile
from typing import Protocol

from app.domain.audience import Audience, Reader
from app.domain.replay import Replay
from app.domain.ring import Entry, Ring
from app.model import Position, RoutingKey, Topic
from app.protocol.topics import Selection

MAX_WAITING = 1_000
"""Long polls of one tenant that wait at once."""
MAX_ROUTES = 4_096
"""Routing keys whose audiences are remembered; beyond it they are all found anew."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a channel holds at most; at each bound the oldest makes room."""

    publications: int
    frame_bytes: int
    sensors: int = 10_000
    """Sensors whose latest measurement is held for those who fell too far behind."""
    alerts: int = 1_000


class Member(Reader, Protocol):
    """A connection as the hub knows it."""

    channel: "Channel"
    audience: Audience
    replay: Replay | None
    """What it is owed of the past, while it is owed any; then it is behind."""


class Channel:
    """Its order's position, its recent publications, its audiences."""

    def __init__(self, position: Position, bounds: Bounds) -> None:
        self.position = position
        self.oldest = 0
        """Sequence of the oldest publication that the store still has; 0 before it was asked."""
        self.ring = Ring(bounds.publications, bounds.frame_bytes)
        self.audiences: dict[tuple[Selection, bool], Audience] = {}
        """By what they see and whether it is deflated for them."""
        self._bounds = bounds
        self._latest: OrderedDict[str, Entry] = OrderedDict()
        self._alerts: deque[Entry] = deque(maxlen=bounds.alerts)
        self._routes: dict[RoutingKey, tuple[Audience, ...]] = {}
        self._waiting: dict[asyncio.Future[None], Selection] = {}

    def recovers(self, position: Position) -> bool:
        """Whether everything after it can be sent: it is of this order, and not past retention."""
        return self.position.reaches(position) and position.sequence + 1 >= self.oldest

    def lags(self, position: Position) -> bool:
        """Whether another gateway may have given this one out, of what has not come here yet."""
        return position != self.position and position.reaches(self.position)

    @property
    def idle(self) -> bool:
        """Whether nobody listens or waits."""
        return not (self.audiences or self._waiting)

    def lost(self, oldest: int) -> None:
        """The store has nothing before this sequence any more."""
        self.oldest = max(self.oldest, oldest)

    def join(self, member: Reader, selection: Selection) -> Audience:
        deflated = member.connection.deflates
        audience = self.audiences.get((selection, deflated))
        if audience is None:
            audience = Audience(selection, deflated=deflated)
            self.audiences[selection, deflated] = audience
            self._routes.clear()
        audience.members.add(member)
        return audience

    def leave(self, member: Reader, audience: Audience) -> None:
        audience.members.discard(member)
        if not audience.members:
            self.audiences.pop((audience.selection, audience.deflated), None)
            self._routes.clear()

    async def wait(self, selection: Selection, timeout: float) -> bool:  # noqa: ASYNC109  (a long poll's end is no error)
        """Until a publication comes that the selection matches; False when none did.

        Beyond `MAX_WAITING` nobody waits: the answer is False at once.
        """
        if len(self._waiting) >= MAX_WAITING:
            return False
        woken = asyncio.get_running_loop().create_future()
        self._waiting[woken] = selection
        try:
            await asyncio.wait_for(woken, timeout)
        except TimeoutError:
            return False
        else:
            return True
        finally:
            self._waiting.pop(woken, None)

    def wake(self, key: RoutingKey) -> None:
        """Those who wait for this publication may ask the store now."""
        for woken, selection in self._waiting.items():
            if not woken.done() and selection.matches(key):
                woken.set_result(None)

    def record(self, entry: Entry, *, backlog: bool = False) -> None:
        """Hold a publication for those who fall behind; a backlog is no sensor's latest."""
        self.ring.append(entry)
        key = entry.key
        if backlog:
            return
        if key.topic is Topic.MEASUREMENTS and key.sensor_id is not None:
            self._latest[key.sensor_id] = entry
            self._latest.move_to_end(key.sensor_id)
            if len(self._latest) > self._bounds.sensors:
                self._latest.popitem(last=False)
        elif key.topic is Topic.ALERTS:
            self._alerts.append(entry)

    def route(self, key: RoutingKey) -> tuple[Audience, ...]:
        audiences = self._routes.get(key)
        if audiences is None:
            if len(self._routes) >= MAX_ROUTES:
                self._routes.clear()
            audiences = tuple(
                audience for audience in self.audiences.values() if audience.selection.matches(key)
            )
            self._routes[key] = audiences
        return audiences

    def digest(self, selection: Selection, sequence: int) -> list[Entry]:
        """Since `sequence`: each sensor's latest measurement and every alert, in order."""
        newest_first = (reversed(self._latest.values()), reversed(self._alerts))
        since = (takewhile(lambda entry: entry.sequence >= sequence, each) for each in newest_first)
        return sorted(
            (entry for entry in chain(*since) if selection.matches(entry.key)),
            key=lambda entry: entry.sequence,
        )

"""One dashboard's socket: the session decides, this carries it out on connection and hub."""

import asyncio
import time
from typing import Any

import msgspec
import structlog

from app.domain.audience import Audience
from app.domain.channel import Channel
from app.domain.desk import Desk
from app.domain.peer import Peer
from app.domain.replay import Coverage, Replay
from app.domain.slots import Slot
from app.errors import UnavailableError
from app.model import Position
from app.protocol.closes import CloseCode
from app.protocol.session import Resume, Select, Session
from app.protocol.topics import Grant, Selection, TopicFilter, written
from app.storage.base import PrunedError
from app.transport.connection import Connection
from auth.principal import Principal

log = structlog.get_logger()


class Subscriber(Peer):
    """A member of an audience."""

    audience: Audience
    _conversation: Session

    __slots__ = (
        "_coverage",
        "_reaching",
        "_reading",
        "audience",
        "channel",
        "lagging",
        "missed_from",
        "missed_since_match",
        "replay",
        "stuck_since",
    )

    def __init__(self, desk: Desk, channel: Channel, principal: Principal, slot: Slot) -> None:
        super().__init__(desk, principal, slot)
        self.missed_from = 0
        self.missed_since_match = 0
        self.lagging = False
        self.replay: Replay | None = None
        self.stuck_since = 0.0
        self.channel = channel
        self._reading: asyncio.Task[None] | None = None
        self._reaching: asyncio.Task[None] | None = None

    def start(
        self, connection: Connection, topics: frozenset[TopicFilter], grant: Grant, *, name: str
    ) -> None:
        """Join the audience and greet. From here on nothing is missed."""
        desk, now = self._desk, time.monotonic()
        self.connection = connection
        desk.hub.join(self, Selection(topics, grant))
        selection = self.audience.selection  # one object for all of an audience
        self._conversation = Session(desk.rules, selection, now=now, **self._terms(now))
        self._coverage = Coverage(selection.chosen, self.channel.position.sequence)
        self._begin(connection, name, topics=written(topics))
        self._greet(subscriptions=written(topics), position=str(self.channel.position))

    @property
    def topics(self) -> list[str]:
        return written(self.audience.selection.chosen)

    @property
    def behind(self) -> bool:
        return self.missed_from != 0

    def writable(self) -> None:
        self.stuck_since = 0.0
        if not self._ended:
            self._catch_up()

    def tick(self, now: float) -> None:
        """As any peer, and give up on who never reads."""
        super().tick(now)
        if self._ended:
            return
        if not (self.missed_from and self.connection.paused):
            self.stuck_since = 0.0  # who is behind and reads is being replayed to
        elif not self.stuck_since:
            self.stuck_since = now
        elif now - self.stuck_since >= self._desk.rules.slow_timeout:
            self.close(CloseCode.TOO_SLOW, "messages were not read")

    def _leave(self) -> None:
        self._desk.hub.leave(self)

    def _do(self, effect: Any) -> None:
        match effect:
            case Select(selection):
                self._select(selection)
            case Resume():
                self._resume(effect)

    def _select(self, selection: Selection) -> None:
        """Under another grant, what it was sent before is not all that its topics match: a repeat
        shows by its position, a hole would not show.
        """
        sequence, before = self.channel.position.sequence, self.audience.selection
        self._desk.hub.move(self, selection)
        selection = self._conversation.selection = self.audience.selection
        if selection.grant == before.grant:
            self._coverage.choose(selection.chosen, sequence)
        else:
            self._coverage = Coverage(selection.chosen, sequence)

    def _resume(self, effect: Resume) -> None:
        """Of another gateway, the position may be further than this one has come: it waits."""
        after = None if effect.after is None else Position.parse(effect.after)
        if after is None or not self.channel.lags(after):
            self._resume_after(after, effect)
        else:
            self.connection.hold()
            self._reaching = asyncio.create_task(self._reach(after, effect))

    async def _reach(self, after: Position, effect: Resume) -> None:
        try:
            await self._desk.recovery.refresh(self.principal.tenant)
        except UnavailableError:
            self.close(CloseCode.RESTART, "the store does not answer")
        except Exception:
            log.exception("a position was not reached", connection=self.id)
            self.close(CloseCode.RESTART, "the position was not reached")
        finally:
            self._reaching = None
        if not self._ended:
            self._resume_after(after, effect)
            self.connection.release()

    def _resume_after(self, after: Position | None, effect: Resume) -> None:
        """Answer first: what is replayed comes after it, what is live after that."""
        self._select(effect.selection)
        now = self.channel.position
        recovered = after is not None and self.channel.recovers(after)
        told: dict[str, object] = {"position": str(after if recovered else now)}
        if effect.after is not None:
            told["recovered"] = recovered
        self.connection.send_text(msgspec.json.encode(effect.answer | told))
        if after is not None and recovered:
            live_from = self.missed_from or now.sequence + 1
            replay = self._coverage.replay(effect.topics, after.sequence, live_from)
            self._desk.hub.owe(self, after.sequence, replay)
            self._catch_up()

    def _catch_up(self) -> None:
        caught_up = self._desk.hub.catch_up(self)
        self._conversation.replaying = self.replay is not None
        if not caught_up and self._reading is None:
            self._reading = asyncio.create_task(self._read_store())

    async def _read_store(self) -> None:
        try:
            await self._desk.recovery.read_store(self.principal.tenant, self)
        except UnavailableError:
            self.close(CloseCode.RESTART, "the store does not answer")
        except PrunedError as error:
            self.channel.lost(error.oldest)
            self.close(CloseCode.RESTART, "what was asked for is kept no more")
        except Exception:
            log.exception("replay failed", connection=self.id)
            self.close(CloseCode.RESTART, "the replay failed")
        finally:
            self._reading = None
            self._conversation.replaying = self.replay is not None

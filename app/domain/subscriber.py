"""One dashboard's socket: the session decides, this carries it out on connection and hub."""

import asyncio
import time
from collections.abc import Iterable

import msgspec
import structlog

from app.domain.audience import Audience
from app.domain.channel import Channel
from app.domain.desk import Desk
from app.domain.places import Place
from app.domain.replay import Coverage, Replay
from app.errors import UnavailableError
from app.model import Position, wire_time
from app.protocol.closes import CloseCode
from app.protocol.session import (
    Close,
    Effect,
    Heartbeat,
    Resume,
    Select,
    Send,
    Session,
)
from app.protocol.topics import Grant, Selection, TopicFilter, written
from app.storage.base import PrunedError
from app.transport.connection import Connection
from auth.principal import Principal

log = structlog.get_logger()


class Subscriber:
    """Listens to its connection (`app.transport.connection.Listener`); a member of an audience.

    Times are monotonic; the token's end is carried over from wall time at the start.
    """

    audience: Audience
    connection: Connection

    __slots__ = (
        "_coverage",
        "_desk",
        "_ended",
        "_place",
        "_reading",
        "_session",
        "audience",
        "channel",
        "connection",
        "id",
        "lagging",
        "missed_from",
        "missed_since_match",
        "principal",
        "replay",
        "stuck_since",
    )

    def __init__(self, desk: Desk, channel: Channel, principal: Principal, place: Place) -> None:
        self.id = ""
        self.principal = principal
        self.missed_from = 0
        self.missed_since_match = 0
        self.lagging = False
        self.replay: Replay | None = None
        self.stuck_since = 0.0
        self.channel = channel
        self._desk = desk
        self._reading: asyncio.Task[None] | None = None
        self._place = place
        self._ended = False

    def start(
        self, connection: Connection, topics: frozenset[TopicFilter], grant: Grant, *, name: str
    ) -> None:
        """Join the audience and greet. From here on nothing is missed."""
        desk = self._desk
        now, remaining = time.monotonic(), self.principal.expires_at - time.time()
        selection = Selection(topics, grant)
        self.id = name
        self.connection = connection
        self._session = Session(desk.rules, selection, now=now, expires_at=now + remaining)
        self._coverage = Coverage(topics, self.channel.position.sequence)
        desk.hub.join(self, selection)
        desk.live.add(self)
        desk.opened += 1
        connection.send_text(self._greeting(selection))
        log.info(
            "WebSocket connected",
            connection=name,
            total=len(desk.live),
            topics=written(topics),
            tenant=self.principal.tenant,
            subject=self.principal.subject,
        )

    def text_received(self, text: str) -> None:
        self._desk.received += 1
        self._carry_out(self._session.receive(text, time.monotonic()))

    def binary_received(self) -> None:
        self.close(CloseCode.UNSUPPORTED_DATA, "this protocol is text")

    def pong_received(self) -> None:
        self._desk.pongs += 1

    def writable(self) -> None:
        self.stuck_since = 0.0
        if not self._ended:
            self._catch_up()

    def closed(self, code: int, clean: bool) -> None:
        desk = self._desk
        self._leave()
        desk.live.discard(self)
        if not desk.live:
            desk.emptied.set()
        desk.places.give_back(self._place)
        desk.closes[code] += 1
        log.info(
            "WebSocket disconnected",
            connection=self.id,
            total=len(desk.live),
            code=code,
            clean=clean,
        )

    def tick(self, now: float) -> None:
        """What is due at `now` (the loop's clock): a ping, an end, giving up on who never reads."""
        if self._ended:
            return
        self._carry_out(self._session.tick(now, self.connection.last_heard))
        if not (self.missed_from and self.connection.paused):
            self.stuck_since = 0.0  # who is behind and reads is being replayed to
        elif not self.stuck_since:
            self.stuck_since = now
        elif now - self.stuck_since >= self._desk.rules.slow_timeout:
            self.close(CloseCode.TOO_SLOW, "messages were not read")

    def close(self, code: CloseCode, reason: str) -> None:
        """Leave the audience at once; the connection sees to the close handshake."""
        if not self._ended:
            self._leave()
            self.connection.close(code.code, reason)

    def _leave(self) -> None:
        if not self._ended:
            self._ended = True
            self._desk.hub.leave(self)

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        for effect in effects:
            match effect:
                case Send(payload):
                    self.connection.send_text(payload)
                case Select(selection):
                    self._select(selection)
                case Resume():
                    self._resume(effect)
                case Close(code, reason):
                    self.close(code, reason)
                case Heartbeat():
                    self.connection.ping()

    def _select(self, selection: Selection) -> None:
        self._coverage.choose(selection.chosen, self.channel.position.sequence)
        self._desk.hub.move(self, selection)

    def _resume(self, effect: Resume) -> None:
        """Answer first: what is replayed comes after it, what is live after that."""
        self._select(effect.selection)
        now = self.channel.position
        after = None if effect.after is None else Position.parse(effect.after)
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
        self._session.replaying = self.replay is not None
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
            self._session.replaying = self.replay is not None

    def _greeting(self, selection: Selection) -> bytes:
        return msgspec.json.encode(
            {
                "type": "connection",
                "status": "connected",
                "timestamp": wire_time(time.time_ns() // 1_000_000),
                "subscriptions": written(selection.chosen),
                "tenant": self.principal.tenant,
                "expires_at": wire_time(self.principal.expires_at * 1000),
                "heartbeat": self._desk.rules.heartbeat,
                "position": str(self.channel.position),
            }
        )

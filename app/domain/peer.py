"""Who is at the other end of a live socket: what dashboards and devices have in common."""

import time
from collections.abc import Iterable
from typing import Any

import structlog

from app.domain.desk import Desk
from app.domain.endings import Ending
from app.domain.slots import Slot
from app.errors import GatewayError
from app.model import wire_time
from app.protocol.closes import CloseCode, meaning_of
from app.protocol.conversation import (
    Authenticate,
    Close,
    Conversation,
    Expiring,
    Heartbeat,
    Send,
    answer,
)
from app.transport.connection import Connection
from auth.principal import Principal

log = structlog.get_logger()


class Peer:
    """Listens to its connection (`app.transport.connection.Listener`) and carries out what its
    conversation decides.

    Times are monotonic; the token's end is carried over from wall time when it is taken on.
    """

    connection: Connection
    _conversation: Conversation

    __slots__ = (
        "_conversation",
        "_desk",
        "_ended",
        "_reason",
        "_slot",
        "connection",
        "id",
        "principal",
        "since_ms",
    )

    def __init__(self, desk: Desk, principal: Principal, slot: Slot) -> None:
        self.id = ""
        self.principal = principal
        self._desk = desk
        self._slot = slot
        self._ended = False
        self._reason = ""
        self.since_ms = 0

    @property
    def address(self) -> str:
        return self._slot.ip

    @property
    def topics(self) -> list[str]:
        return []

    @property
    def behind(self) -> bool:
        return False

    def text_received(self, text: str) -> None:
        self._desk.received += 1
        self._carry_out(self._conversation.receive(text, time.monotonic()))

    def binary_received(self) -> None:
        self.close(CloseCode.UNSUPPORTED_DATA, "this protocol is text")

    def pong_received(self) -> None:
        self._desk.pongs += 1

    def writable(self) -> None:
        """It reads again."""

    def shutdown(self) -> None:
        if not self._ended:
            wait = self._desk.return_after()
            self.close(CloseCode.RESTART, f"the gateway restarts, retry_after={wait:g}")

    def closed(self, code: int, clean: bool) -> None:
        desk = self._desk
        self._end()
        desk.live.discard(self)
        if not desk.live:
            desk.emptied.set()
        desk.slots.release(self._slot)
        desk.closes[code] += 1
        desk.endings.note(self._ending(code))
        log.info(
            "WebSocket disconnected",
            connection=self.id,
            total=len(desk.live),
            code=code,
            clean=clean,
        )

    def tick(self, now: float) -> None:
        """What is due at `now` (the loop's clock)."""
        if not self._ended:
            self._carry_out(self._conversation.tick(now, self._last_heard(now)))

    def close(self, code: CloseCode, reason: str) -> None:
        """Take no more part, at once; the connection sees to the close handshake."""
        if not self._ended:
            self._end()
            self._reason = reason
            self.connection.close(code.code, reason)

    def _begin(self, connection: Connection, name: str, **told: object) -> None:
        """Live from here on; `told` is what the log says of it."""
        desk = self._desk
        self.id = name
        self.connection = connection
        self.since_ms = time.time_ns() // 1_000_000
        desk.live.add(self)
        desk.opened += 1
        log.info(
            "WebSocket connected",
            connection=name,
            total=len(desk.live),
            **told,
            tenant=self.principal.tenant,
            subject=self.principal.subject,
        )

    def _last_heard(self, now: float) -> float:  # noqa: ARG002  (a kind may go by it)
        return self.connection.last_heard

    def _end(self) -> None:
        if not self._ended:
            self._ended = True
            self._leave()

    def _leave(self) -> None:
        """It takes no more part: called once."""

    def _carry_out(self, effects: Iterable[Any]) -> None:
        for effect in effects:
            match effect:
                case Send(payload):
                    self.connection.send_text(payload)
                case Close(code, reason):
                    self.close(code, reason)
                case Heartbeat():
                    self.connection.ping()
                case Expiring():
                    self._tell("token_expiring", expires_at=self._expires_at())
                case Authenticate():
                    self._authenticate(effect)
                case _:
                    self._do(effect)

    def _ending(self, code: int) -> Ending:
        principal = self.principal
        return Ending(
            id=self.id,
            tenant=principal.tenant,
            subject=principal.subject,
            role=principal.role,
            address=self.address,
            since=wire_time(self.since_ms),
            at=wire_time(time.time_ns() // 1_000_000),
            code=code,
            reason=self._reason or meaning_of(code),
        )

    def _do(self, effect: Any) -> None:
        """Carry out what only this kind of conversation asks for."""

    def _authenticate(self, effect: Authenticate) -> None:
        try:
            principal, grant = self._desk.renew(effect.token, self.principal, self._slot.ip)
        except GatewayError as error:
            self._carry_out(self._conversation.complain(error, effect.identifier))
            return
        self.principal = principal
        effects = self._conversation.renew(grant, **self._terms(time.monotonic()))
        self._tell("authenticated", effect.identifier, expires_at=self._expires_at())
        self._carry_out(effects)

    def _tell(self, kind: str, identifier: object = None, **members: object) -> None:
        self.connection.send_text(answer(kind, identifier, **members))

    def _terms(self, now: float) -> dict[str, float]:
        """When its token ends on the clock of `now`, and how long it lasts in all."""
        token = self.principal
        return {
            "expires_at": now + token.expires_at - time.time(),
            "lifetime": token.expires_at - token.issued_at,
        }

    def _greet(self, **members: object) -> None:
        """The first message: what everyone is told, and `members`."""
        self._tell(
            "connection",
            status="connected",
            timestamp=wire_time(time.time_ns() // 1_000_000),
            tenant=self.principal.tenant,
            expires_at=self._expires_at(),
            heartbeat=self._desk.rules.heartbeat,
            **members,
        )

    def _expires_at(self) -> str:
        return wire_time(self.principal.expires_at * 1000)

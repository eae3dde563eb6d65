"""One device's socket: what it sends is kept, and answered once it is durable."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from app.domain.desk import Desk
from app.domain.peer import Peer
from app.domain.slots import Slot
from app.errors import GatewayError
from app.protocol.closes import CloseCode
from app.protocol.stream import DeviceSession, Keep
from app.transport.connection import Connection
from auth.principal import Principal

FRAMES = 64
"""Under way on one connection: from then on nothing is read from it, until half of them are
answered. A device waits instead of being refused."""
BYTES = 262_144
"""Of measurements under way on one connection, likewise: a frame more may pass it."""

Batch = Callable[[Principal, list[bytes], str], Awaitable[Mapping[str, object]]]
"""Keep a batch on behalf of a device, under the name of its connection; the members of the answer,
once what is kept is durable. Raise `GatewayError` when nothing of it was kept."""

log = structlog.get_logger()


class Intake:
    """What the streams of one gateway share."""

    def __init__(self, batch: Batch) -> None:
        self.batch = batch
        self.streams = 0
        """Live ones."""
        self.under_way: set[asyncio.Task[None]] = set()
        """One for each frame that is not answered yet: an idle connection has none."""
        self.acknowledged = 0
        """Frames, as below."""
        self.refused = 0
        self.held = 0
        """How often a connection was not read from, because too much was under way."""


class Stream(Peer):
    _conversation: DeviceSession

    __slots__ = ("_bytes", "_frames", "_intake", "_restarting")

    def __init__(self, desk: Desk, intake: Intake, principal: Principal, slot: Slot) -> None:
        super().__init__(desk, principal, slot)
        self._intake = intake
        self._frames = 0
        self._bytes = 0
        self._restarting = False

    def start(self, connection: Connection, *, name: str) -> None:
        desk, now = self._desk, time.monotonic()
        self._conversation = DeviceSession(desk.rules, now=now, **self._terms(now))
        self._begin(connection, name, topics=[])
        self._intake.streams += 1
        self._greet(max_batch=desk.rules.max_batch)

    def shutdown(self) -> None:
        """What is under way is answered first; whoever waits for the end sees to its grace."""
        if self._frames:
            self._restarting = True
            self.connection.hold()
        else:
            super().shutdown()

    def _last_heard(self, now: float) -> float:
        """Whoever is not listened to is not silent."""
        return now if self.connection.held else super()._last_heard(now)

    def _leave(self) -> None:
        self._intake.streams -= 1

    def _do(self, effect: Any) -> None:
        assert isinstance(effect, Keep)  # noqa: S101  (all that is left of its conversation's effects)
        self._frames += 1
        self._bytes += effect.size
        if self._frames >= FRAMES or self._bytes >= BYTES:
            self.connection.hold()
            self._intake.held += 1
        task = asyncio.create_task(self._keep(effect, self.principal))
        self._intake.under_way.add(task)
        task.add_done_callback(self._intake.under_way.discard)

    async def _keep(self, frame: Keep, device: Principal) -> None:
        """By the token that the frame came under, whatever `auth` came after it."""
        try:
            members = await self._intake.batch(device, frame.measurements, self.id)
        except GatewayError as error:
            self._intake.refused += 1
            self._carry_out(self._conversation.complain(error, frame.identifier))
        except Exception:
            log.exception("a frame could not be kept", connection=self.id)
            self.close(CloseCode.INTERNAL_ERROR, "internal error")
        else:
            self._intake.acknowledged += 1
            self._tell("ack", frame.identifier, **members)
        self._answered(frame)

    def _answered(self, frame: Keep) -> None:
        self._frames -= 1
        self._bytes -= frame.size
        if self._restarting:
            if not self._frames:
                super().shutdown()
        elif self._frames <= FRAMES // 2 and self._bytes <= BYTES // 2:
            self.connection.release()

"""The gateways that share a Redis: what one tells the others, and what it asks them.

Nothing of it is kept: who is away for a while has missed it. So what is told is either told again
or can be asked for, and everything works, for this gateway alone, while the broker is gone.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import aclosing

import msgspec
import structlog

from app.brokers.connection import RedisLink
from app.errors import UnavailableError

PATIENCE = 0.4
"""Seconds for the others to answer; who does not is left out."""
WAITING = 1_000
"""Messages that wait to be told; at the bound the oldest makes room."""
_EVERYONE = "iaqverse:gateways"

log = structlog.get_logger()


class _Message(msgspec.Struct, frozen=True, array_like=True):
    sender: str
    kind: str
    question: int
    """0 for what is told."""
    body: bytes


Listener = Callable[[str, bytes], None]
"""Called with the sender's name and the body."""
Responder = Callable[[bytes], Awaitable[bytes]]


class Cluster:
    def __init__(self, link: RedisLink) -> None:
        self.name = secrets.token_hex(8)
        """Of this gateway, until it ends."""
        self._link = link
        self._listeners: dict[str, Listener] = {}
        self._responders: dict[str, Responder] = {}
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self._asked: dict[int, tuple[list[bytes], int, asyncio.Event]] = {}
        self._questions = 0
        self._answering: set[asyncio.Task[None]] = set()
        self.joined = asyncio.Event()
        """Set while the others are heard."""
        self.lost = 0
        """Messages that made room, or could not be told."""

    def on(self, kind: str, listener: Listener) -> None:
        self._listeners[kind] = listener

    def respond(self, kind: str, responder: Responder) -> None:
        self._responders[kind] = responder

    def broadcast(self, kind: str, body: bytes) -> None:
        """All others, soon; never waits."""
        if self._outgoing.full():
            self._outgoing.get_nowait()
            self.lost += 1
        self._outgoing.put_nowait(self._encoded(kind, 0, body))

    async def request(self, kind: str, body: bytes = b"") -> list[bytes]:
        """What the others answer within `PATIENCE`; nothing while the broker is gone."""
        self._questions += 1
        number, answers, complete = self._questions, list[bytes](), asyncio.Event()
        question = self._encoded(kind, number, body)
        self._asked[number] = (answers, 0, complete)
        try:
            hearing = await self._link.ask(lambda redis: redis.publish(_EVERYONE, question))
            expected = int(hearing) - self.joined.is_set()
            self._asked[number] = (answers, expected, complete)
            if len(answers) < expected:
                async with asyncio.timeout(PATIENCE):
                    await complete.wait()
        except (UnavailableError, TimeoutError):
            log.warning("not every gateway answered", kind=kind, answers=len(answers))
        finally:
            del self._asked[number]
        return answers

    async def run(self) -> None:
        """Until cancelled: hear the others, and tell them."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._listen())
            both.create_task(self._speak())

    async def _listen(self) -> None:
        while True:
            await self._link.wait()
            try:
                async with aclosing(self._link.listen(_EVERYONE, self._own(self.name))) as heard:
                    async for channel, data in heard:
                        if data:
                            self._take(channel, data)
                        elif channel == self._own(self.name):  # the second of the two
                            self.joined.set()
            except UnavailableError:
                self.joined.clear()

    async def _speak(self) -> None:
        while True:
            message = await self._outgoing.get()
            await self._publish(_EVERYONE, message)

    async def _publish(self, channel: str, message: bytes) -> None:
        try:
            await self._link.ask(lambda redis: redis.publish(channel, message))
        except UnavailableError:
            self.lost += 1

    def _take(self, channel: str, data: bytes) -> None:
        """A gateway of another release may say what this one does not understand."""
        try:
            message = msgspec.msgpack.decode(data, type=_Message)
            if message.sender != self.name:
                self._heed(channel, message)
        except msgspec.DecodeError:
            log.warning("a message is not understood", bytes=len(data))

    def _heed(self, channel: str, message: _Message) -> None:
        if channel != _EVERYONE:
            self._answered(message)
        elif not message.question:
            if listener := self._listeners.get(message.kind):
                listener(message.sender, message.body)
        elif responder := self._responders.get(message.kind):
            task = asyncio.create_task(self._respond(responder, message))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)

    async def _respond(self, responder: Responder, message: _Message) -> None:
        body = await responder(message.body)
        answer = self._encoded(message.kind, message.question, body)
        await self._publish(self._own(message.sender), answer)

    def _answered(self, message: _Message) -> None:
        asked = self._asked.get(message.question)
        if asked is not None:
            answers, expected, complete = asked
            answers.append(message.body)
            if len(answers) == expected:
                complete.set()

    def _encoded(self, kind: str, question: int, body: bytes) -> bytes:
        return msgspec.msgpack.encode(_Message(self.name, kind, question, body))

    @staticmethod
    def _own(name: str) -> str:
        return f"{_EVERYONE}:{name}"

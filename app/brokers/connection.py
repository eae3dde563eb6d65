"""The connection to Redis or Valkey, by which gateways share what the store is too slow for.

It may stop, freeze or start empty at any time: each question has an end, and once it does not
answer nobody waits for it again until a probe of ours got through.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig

from app.brokers.reasons import reason
from app.errors import UnavailableError

ANSWER = 0.5
"""Seconds to connect, and for an answer. A frozen server takes packets and says nothing."""
CONNECTIONS = 16
"""Questions at once; a further one waits as long as for an answer."""
SILENCE = 5.0
"""Seconds without a message on channels that somebody speaks on every second."""
FIRST_PROBE, LAST_PROBE = 0.1, 1.0
"""Seconds between probes, doubled from one to the other."""

_PROBE, _PROBE_LIFE = "iaqverse:probe", 60

T = TypeVar("T")
Command = Sequence[bytes | int]
log = structlog.get_logger()


class RedisLink:
    """Made on the loop that it is used on. It connects when it is first asked."""

    def __init__(self, url: str) -> None:
        self._pool: BlockingConnectionPool = BlockingConnectionPool.from_url(
            url,
            protocol=3,
            socket_timeout=ANSWER,
            socket_connect_timeout=ANSWER,
            retry=Retry(NoBackoff(), 0),  # who asks decides; below is the one place that retries
            max_connections=CONNECTIONS,
            timeout=ANSWER,
            maint_notifications_config=MaintNotificationsConfig(enabled=False),
        )
        self._client = Redis(connection_pool=self._pool)
        self._lost = asyncio.Event()
        self._found = asyncio.Event()
        self._found.set()
        self.losses = 0
        """Times it stopped answering."""

    @property
    def up(self) -> bool:
        """Whether it answered last time."""
        return self._found.is_set()

    async def ask(self, question: Callable[[Redis], Awaitable[T]]) -> T:
        """Raise `UnavailableError` when it does not answer; at once while that is known."""
        if not self.up:
            raise _gone()
        try:
            answer = await question(self._client)
        except (RedisError, OSError) as error:
            _heed_cancelling()
            self._lose(error)
            raise _gone() from error
        _heed_cancelling()
        return answer

    async def listen(self, *channels: str) -> AsyncGenerator[tuple[str, bytes], None]:
        """What is published there from now on, first one empty message for each channel.

        Raise `UnavailableError` when the connection ends, or nothing came for `SILENCE` seconds: a
        frozen server looks like a silent one, so its channels are to be kept lively.
        """
        try:
            async with self._client.pubsub() as pubsub:
                await pubsub.subscribe(*channels)
                while True:
                    async with asyncio.timeout(SILENCE):
                        message = await pubsub.get_message(timeout=None)
                    if message is not None:
                        told = message["type"] == "message"
                        yield message["channel"].decode(), message["data"] if told else b""
        except (RedisError, OSError, TimeoutError) as error:
            self._lose(error)
            raise _gone() from error

    @asynccontextmanager
    async def line(self) -> AsyncIterator["Line"]:
        """A connection of one's own, for one who asks again and again."""
        connection: AbstractConnection = self._pool.make_connection()  # type: ignore[no-untyped-call]  # redis has no types for it
        connection.socket_timeout = None  # a line has one end for a question, not for each step
        try:
            yield Line(self, connection)
        finally:
            await connection.disconnect(nowait=True)

    async def check(self) -> None:
        """Raise `UnavailableError` as `ask` does."""
        await self.ask(_write)

    async def wait(self) -> None:
        """Until it answers, as far as is known."""
        await self._found.wait()

    async def run(self) -> None:
        """Until cancelled: find out when it answers again."""
        while True:
            await self._lost.wait()
            await self._probe()
            self._lost.clear()
            self._found.set()
            log.info("the broker answers again")

    async def close(self) -> None:
        """Once nobody asks any more."""
        await self._let_go()

    async def _probe(self) -> None:
        pause = FIRST_PROBE
        while True:
            await self._let_go(in_use=False)
            await asyncio.sleep(pause)
            try:
                await _write(self._client)
            except (RedisError, OSError):
                pause = min(2 * pause, LAST_PROBE)
            else:
                return

    async def _let_go(self, *, in_use: bool = True) -> None:
        with suppress(RedisError, OSError):  # by TLS, a frozen server does not even say goodbye
            await self._pool.disconnect(inuse_connections=in_use)

    def _lose(self, error: Exception) -> None:
        if self.up:
            self.losses += 1
            self._found.clear()
            self._lost.set()
            log.error("the broker does not answer", reason=reason(error))


class Line:
    """Past the client's pool and its timer and task for each step: three fifths of its CPU.

    It takes one question at a time, and connects anew for the next one after it got no answer.
    """

    def __init__(self, link: RedisLink, connection: AbstractConnection) -> None:
        self._link = link
        self._connection = connection

    async def ask(self, *commands: Command) -> list[Any]:
        """What the server answers to each, as it stands on the wire. Raise `UnavailableError`."""
        return await self._link.ask(lambda _: self._answers(commands))

    async def _answers(self, commands: Sequence[Command]) -> list[Any]:
        connection = self._connection
        try:
            async with asyncio.timeout(ANSWER):
                packed = connection.pack_commands(commands)
                await connection.send_packed_command(packed, check_health=False)
                return [await connection.read_response(timeout=math.inf) for _ in commands]
        except BaseException:  # what is answered later must not be taken for the next answer
            await connection.disconnect(nowait=True)
            raise


async def _write(redis: Redis) -> None:
    """A full one, or a replica, answers every other question."""
    await redis.set(_PROBE, 1, ex=_PROBE_LIFE)


def _heed_cancelling() -> None:
    """The client of redis 8.1 may swallow a cancellation, and a loop would go on for ever."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def _gone() -> UnavailableError:
    return UnavailableError("the broker does not answer now", part="broker", retry_after=1)

"""The threads that read, each with a session of its own. Every backend's."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, Generic, ParamSpec, Protocol, TypeVar

from app.errors import UnavailableError

T = TypeVar("T")
P = ParamSpec("P")


class Closable(Protocol):
    def close(self) -> None: ...


S = TypeVar("S", bound=Closable)


class Readers(Generic[S]):
    """`fault` is the driver's error: the session it met is let go of, the next one starts over.

    While the store cannot be reached, whoever waits is refused with the first that tried: no queue
    grows before a server that is frozen.
    """

    def __init__(self, count: int, connect: Callable[[], S], fault: type[Exception]) -> None:
        self._connect = connect
        self._fault = fault
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="store-reader")
        self._sessions: dict[int, S] = {}
        """By thread."""
        self._out_of_reach = 0.0
        """When it last was, in `time.monotonic`."""

    async def ask(
        self, query: Callable[Concatenate[S, P], T], *arguments: P.args, **options: P.kwargs
    ) -> T:
        """The query of a session. Raise `UnavailableError` when there is no answer."""

        def asked(session: S) -> T:
            return query(session, *arguments, **options)

        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._run, asked, time.monotonic())

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        for session in self._sessions.values():
            session.close()

    def _run(self, query: Callable[[S], T], asked: float) -> T:
        thread = threading.get_ident()
        try:
            return query(self._session(thread, asked))
        except self._fault as error:
            session = self._sessions.pop(thread, None)
            if session is not None:
                session.close()
            raise _gone() from error

    def _session(self, thread: int, asked: float) -> S:
        session = self._sessions.get(thread)
        if session is None:
            if asked < self._out_of_reach:
                raise _gone()
            try:
                session = self._sessions[thread] = self._connect()
            except self._fault:
                self._out_of_reach = time.monotonic()
                raise
        return session


def _gone() -> UnavailableError:
    return UnavailableError("the store does not answer", part="store")

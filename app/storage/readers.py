"""The threads that read, each with a session of its own. Every backend's."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, Protocol, TypeVar

from app.errors import UnavailableError

T = TypeVar("T")


class Closable(Protocol):
    def close(self) -> None: ...


S = TypeVar("S", bound=Closable)


class Readers(Generic[S]):
    """`fault` is the driver's error: the session it met is let go of, the next one starts over."""

    def __init__(self, count: int, connect: Callable[[], S], fault: type[Exception]) -> None:
        self._connect = connect
        self._fault = fault
        self._threads = ThreadPoolExecutor(count, thread_name_prefix="store-reader")
        self._sessions: dict[int, S] = {}
        """By thread."""

    async def ask(self, query: Callable[[S], T]) -> T:
        """Raise `UnavailableError` when there is no answer."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._run, query)

    def close(self) -> None:
        self._threads.shutdown(wait=True)
        for session in self._sessions.values():
            session.close()

    def _run(self, query: Callable[[S], T]) -> T:
        thread = threading.get_ident()
        try:
            if thread not in self._sessions:
                self._sessions[thread] = self._connect()
            return query(self._sessions[thread])
        except self._fault as error:
            session = self._sessions.pop(thread, None)
            if session is not None:
                session.close()
            raise UnavailableError("the store does not answer", part="store") from error

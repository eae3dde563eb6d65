"""Passwords are hashed beside the event loop, one at a time: each takes 64 MiB and a core."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from app.errors import UnavailableError

CAPACITY = 16
"""Hashes that wait or run, about a second's; more are refused as unavailable."""

P = ParamSpec("P")
T = TypeVar("T")


class Hashing:
    def __init__(self, capacity: int = CAPACITY) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="passwords")
        self._capacity = capacity
        self.waiting = 0
        self.done = 0
        self.refused = 0

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Raise `UnavailableError` when too many wait already."""
        if self.waiting >= self._capacity:
            self.refused += 1
            raise UnavailableError("too many sign in at once", part="sign-in", retry_after=2)
        self.waiting += 1
        try:
            future = self._executor.submit(work, *args, **kwargs)
            return await asyncio.wrap_future(future)
        finally:
            self.waiting -= 1
            self.done += 1

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

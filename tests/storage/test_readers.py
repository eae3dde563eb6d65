"""Threads that read, over a store that cannot be reached for a while."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from app.errors import UnavailableError
from app.storage.readers import Readers


class AwayError(Exception):
    pass


class Session:
    def close(self) -> None:
        pass


class Door:
    """Connections take until it is let go of; then there are none, until it is open."""

    def __init__(self) -> None:
        self.tries = 0
        self.go = threading.Event()
        self.open = False

    def connect(self) -> Session:
        self.tries += 1
        self.go.wait(5)
        if not self.open:
            raise AwayError
        return Session()


@contextmanager
def readers(door: Door) -> Iterator[Readers[Session]]:
    readers = Readers(1, door.connect, AwayError)
    yield readers
    readers.close()


async def test_whoever_waits_is_refused_with_the_first_that_could_not_connect() -> None:
    door = Door()
    with readers(door) as reading:
        waiting = [asyncio.create_task(reading.ask(lambda _: 1)) for _ in range(50)]
        await asyncio.sleep(0)  # all of them are asked
        door.go.set()
        for each in waiting:
            with pytest.raises(UnavailableError):
                await each
        assert door.tries == 1


async def test_who_comes_afterwards_tries_again() -> None:
    door = Door()
    door.go.set()
    with readers(door) as reading:
        with pytest.raises(UnavailableError):
            await reading.ask(lambda _: 1)
        door.open = True
        assert await reading.ask(lambda _: 1) == 1


async def test_a_question_that_fails_refuses_no_other() -> None:
    """It may have been too large, and the others are not."""
    door = Door()
    door.open = True
    door.go.set()

    def fails(_: Session) -> int:
        raise AwayError

    with readers(door) as reading:
        failing, other = reading.ask(fails), reading.ask(lambda _: 1)
        found = await asyncio.gather(failing, other, return_exceptions=True)
    assert isinstance(found[0], UnavailableError)
    assert found[1] == 1

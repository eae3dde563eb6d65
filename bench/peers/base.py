"""What a workload has to know of a peer."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.stack.certificates import Certificates, ensure
from app.stack.names import LOCAL_NAMES
from app.stack.programs import ROOT
from bench.load import Publishers, Subscribers
from bench.tools import MissingError

PUBLISHERS = 32


@dataclass(frozen=True, slots=True)
class Feed:
    """One way of publishing. `publishers(batch)`: each text holds so many messages; None where the
    peer takes them one at a time only.
    """

    name: str
    publishers: Callable[[int], Publishers | None]


def one_at_a_time(publishers: Publishers) -> Callable[[int], Publishers | None]:
    """For a feed that takes no batches."""
    return lambda batch: publishers if batch == 1 else None


@dataclass(frozen=True, slots=True)
class Running:
    pid: int
    """All its processes descend from this one."""
    subscribers: Subscribers
    feeds: tuple[Feed, ...]
    """The last of them is what a client of the product would use."""
    repeated: bool = False
    """Credentials matter: opening everything a second time is a figure of its own."""
    split: str = ""
    """A program of the family whose share is also shown alone."""


@dataclass(frozen=True, slots=True)
class Peer:
    """`start` raises `MissingError` where the peer can't be had on this machine."""

    name: str
    tls: bool
    start: Callable[[Path], AbstractContextManager[Running]]
    ours: bool = False


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder on the disk that the gateway's state would be on: what is durable has its price."""
    state = ROOT / "var" / "bench"
    state.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=state) as folder:
        yield Path(folder)


def certificates(folder: Path) -> Certificates:
    return ensure(folder / "certs", LOCAL_NAMES, time.time())


__all__ = [
    "PUBLISHERS",
    "Feed",
    "MissingError",
    "Peer",
    "Running",
    "certificates",
    "one_at_a_time",
    "workplace",
]

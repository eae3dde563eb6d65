"""TCP ports of this machine for servers that are about to start."""

import os
import random
import socket
from contextlib import suppress
from itertools import cycle

_FIRST, _END = 20_000, 32_768
"""Below those that Linux gives to whoever asks for any: what runs beside us takes none of them
before the program does that it is for.
"""
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_own = range(_FIRST + _worker, _END, _workers)
"""Of this process: what runs its tests beside it takes none of them either."""
_shuffled = cycle(random.sample(_own, len(_own)))


def free_port() -> int:
    """Another one each time."""
    while True:
        port = next(_shuffled)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port

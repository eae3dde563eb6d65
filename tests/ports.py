"""TCP ports of this machine for servers that are about to start."""

import random
import socket
from contextlib import suppress
from itertools import cycle

_FIRST, _END = 20_000, 32_768
"""Below those that Linux gives to whoever asks for any: what runs beside us takes none of them
before the program does that it is for.
"""
_shuffled = cycle(random.sample(range(_FIRST, _END), _END - _FIRST))


def free_port() -> int:
    """Another one each time."""
    while True:
        port = next(_shuffled)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port

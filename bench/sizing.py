"""What an installation needs, reckoned from the measured figures: `python -m bench.sizing`.

It prints the table of docs/operations.md; with CONNECTIONS MESSAGES MEASUREMENTS a line for those.
"""

import sys
from dataclasses import dataclass
from math import ceil

GATEWAY_KB = 3.6
"""Of an idle connection in the gateway; this and what follows is of bench/README.md's last run."""
BOTH_KB = 43.7
"""Of an idle connection, nginx with TLS included."""
HANDSHAKE_MS = 0.78
"""CPU of both for a handshake with TLS and a token that is new."""
GATEWAY_HANDSHAKE_MS = 0.44
DELIVERY_US = 8.8
"""CPU of both for a delivery where one message comes at a time; 1.59 where many meet in a write."""
GATEWAY_DELIVERY_US = 4.6
POST_US = 341
"""CPU of both for a measurement that comes alone; 33 in a batch of a hundred."""
GATEWAY_POST_US = 257

WORKER_MB = 100
"""Resident, of a worker with nobody connected."""
RETURNS = 500
"""Clients a second that a worker which is replaced asks back (`app/domain/desk.py`)."""
USABLE = 0.5
"""Of a core: the other half is for bursts, for those who come back, and for the system."""


@dataclass(frozen=True, slots=True)
class Load:
    connections: int
    messages: float
    """That each connection is sent a second."""
    measurements: float
    """That come in a second, each in a POST of its own."""


@dataclass(frozen=True, slots=True)
class Size:
    workers: int
    """At least: a worker is one core."""
    nginx_cores: float
    """Busy in the long run, as the next."""
    gateway_cores: float
    memory_mb: int
    """Of all processes of the gateway and nginx; the database and Redis have their own."""
    files: int
    """That nginx holds open: two for each connection."""
    return_s: int
    """Seconds until all clients of one worker are back after it was replaced."""


COLUMNS = (
    "connections",
    "messages/s each",
    "measurements/s",
    "workers",
    "cores: gateway",
    "nginx",
    "memory",
    "files of nginx",
    "back after",
)
ROWS = (
    Load(500, 0.2, 20),
    Load(5_000, 0.2, 200),
    Load(20_000, 0.2, 500),
    Load(100_000, 0.2, 2_000),
    Load(100_000, 2.0, 2_000),
)


def size(load: Load) -> Size:
    deliveries = load.connections * load.messages
    gateway = (deliveries * GATEWAY_DELIVERY_US + load.measurements * GATEWAY_POST_US) / 1e6
    both = (deliveries * DELIVERY_US + load.measurements * POST_US) / 1e6
    workers = max(1, ceil(gateway / USABLE), ceil(load.connections / (RETURNS * 30)))
    return Size(
        workers=workers,
        nginx_cores=both - gateway,
        gateway_cores=gateway,
        memory_mb=ceil(workers * WORKER_MB + load.connections * BOTH_KB / 1_000),
        files=2 * load.connections,
        return_s=ceil(load.connections / workers / RETURNS),
    )


def table(loads: tuple[Load, ...]) -> str:
    """In Markdown."""
    lines = [
        f"| {' | '.join(COLUMNS)} |",
        "| ---: " * len(COLUMNS) + "|",
    ]
    for load in loads:
        its = size(load)
        lines.append(
            f"| {load.connections:,} | {load.messages:g} | {load.measurements:,g} | {its.workers}"
            f" | {its.gateway_cores:.2f} | {its.nginx_cores:.2f} | {its.memory_mb / 1_000:.1f} GB"
            f" | {its.files:,} | {its.return_s} s |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]]
    rows = (Load(int(given[0]), given[1], given[2]),) if given else ROWS
    sys.stdout.write(f"{table(rows)}\n")

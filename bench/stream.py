"""`python -m bench.stream`: measurements over `/ws/ingest`, each acknowledged after its commit.

32 devices with 8 frames under way each; nobody listens. CPU is the gateway's, per acknowledged
measurement, and `and core` what a core would do that has nothing else to do.
"""

import argparse
import selectors
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from socket import create_connection, socket

import msgspec

from auth.principal import Role
from bench import wire
from bench.load import LoadError
from bench.peers.base import PUBLISHERS, Running, workplace
from bench.peers.gateway import PLAIN, Tokens
from bench.usage import usage_of

SIZES = (1, 16, 64)
"""Measurements in a frame."""
UNDER_WAY = 8
WARM_SECONDS, SECONDS = 0.5, 4.0
_ACK = b'"type":"ack"'
_READ = 1 << 18


class Device:
    """Sends the next frame for each one that is acknowledged."""

    def __init__(self, connection: socket, number: int, size: int) -> None:
        self.connection = connection
        self.size = size
        items = [
            {
                "sensor_id": f"sensor-{number}-{item}",
                "enseigne": "Maison",
                "salle": "Bureau",
                "values": wire.VALUES,
            }
            for item in range(size)
        ]
        command = {"type": "ingest", "id": 1, "measurements": items}
        self._frame = wire.client_frame(msgspec.json.encode(command), wire.TEXT)
        self._rest = b""

    def send(self, frames: int) -> None:
        self.connection.sendall(self._frame * frames)

    def acknowledged(self) -> int:
        """Read what is there; how many frames it answers."""
        received = self._rest + self.connection.recv(_READ)
        if received == self._rest or b'"error"' in received:
            raise LoadError("a frame was refused or the connection closed")
        acks = received.count(_ACK)
        self._rest = received[received.rfind(_ACK) + len(_ACK) :] if acks else received
        return acks


def main() -> None:
    argparse.ArgumentParser(prog="python -m bench.stream", description=__doc__).parse_args()
    sys.stdout.write("in a frame  acknowledged/s  µs each  /s and core\n")
    for size in SIZES:
        with workplace() as folder, PLAIN.start(folder) as running:
            acknowledged, cpu = measure(running, Tokens(folder), size)
        rate, each = acknowledged / SECONDS, cpu / acknowledged * 1e6
        sys.stdout.write(f"{size:10}{rate:16,.0f}{each:9.1f}{1e6 / each:13,.0f}\n")


def measure(running: Running, tokens: Tokens, size: int) -> tuple[int, float]:
    """How many measurements were acknowledged, and the gateway's CPU in seconds."""
    with devices(running, tokens, size) as connected:
        count(connected, WARM_SECONDS)
        before = usage_of([running.pid])
        acknowledged = count(connected, SECONDS)
        return acknowledged, usage_of([running.pid]).since(before).cpu_seconds


@contextmanager
def devices(running: Running, tokens: Tokens, size: int) -> Iterator[selectors.BaseSelector]:
    host, _, port = running.subscribers.address.rpartition(":")
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for number in range(PUBLISHERS):
            connection = stack.enter_context(create_connection((host, int(port)), 10))
            connection.sendall(wire.upgrade("/ws/ingest", [tokens.bearer(Role.DEVICE, number)]))
            greeting = b""
            while b'"max_batch"' not in greeting:
                greeting += connection.recv(_READ)
            device = Device(connection, number, size)
            selector.register(connection, selectors.EVENT_READ, device)
            device.send(UNDER_WAY)
        yield selector


def count(selector: selectors.BaseSelector, seconds: float) -> int:
    """Measurements acknowledged within so many seconds."""
    acknowledged, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        for key, _ in selector.select(0.1):
            device: Device = key.data
            acks = device.acknowledged()
            acknowledged += acks * device.size
            device.send(acks)
    return acknowledged


if __name__ == "__main__":
    main()

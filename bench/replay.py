"""`python -m bench.replay`: what a dashboard waits for that asks for the 10,000 messages it missed.

They come from the store: nobody listened meanwhile, so the ring holds nothing. From the `subscribe`
with its position to the last message's last byte, and the gateway's CPU; then the same while a
store of ten times as many messages lies before them.
"""

import argparse
import re
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from http.client import HTTPConnection
from socket import create_connection, socket

import msgspec

from auth.principal import Role
from bench import wire
from bench.load import LoadError
from bench.peers.base import workplace
from bench.peers.gateway import PLAIN, Tokens
from bench.usage import usage_of

MISSED, BATCH, TIMES = 10_000, 1_000, 5
EARLIER = (0, 100_000)
SENSORS = 50
_POSITION = re.compile(rb'"position":"([^"]+)"')
_MEASUREMENT = b'"type":"measurement"'
_READ = 1 << 20


@dataclass(frozen=True, slots=True)
class Replayed:
    messages: int
    wall_ms: float
    cpu_ms: float


def main() -> None:
    argparse.ArgumentParser(prog="python -m bench.replay", description=__doc__).parse_args()
    sys.stdout.write("stored before  messages  wall ms  CPU ms (medians of 5)\n")
    for earlier in EARLIER:
        runs = sorted(measure(earlier), key=lambda run: run.wall_ms)
        middle = runs[TIMES // 2]
        cpu = sum(run.cpu_ms for run in runs) / TIMES
        sys.stdout.write(f"{earlier:13}{middle.messages:10}{middle.wall_ms:9.0f}{cpu:8.0f}\n")


def measure(earlier: int) -> list[Replayed]:
    with workplace() as folder, PLAIN.start(folder) as running:
        address = running.subscribers.address
        tokens = Tokens(folder)
        store(address, tokens, earlier)
        dashboard = tokens.bearer(Role.DASHBOARD, 0)
        with closing(opened(address, dashboard)) as early:
            position = _position(greeting(early))
        store(address, tokens, MISSED)
        return [replayed(address, dashboard, position, running.pid) for _ in range(TIMES)]


def store(address: str, tokens: Tokens, count: int) -> None:
    """Measurements of now, by one device, in batches."""
    connection = HTTPConnection(address, timeout=30)
    name, value = tokens.bearer(Role.DEVICE, 0)
    headers = {"Content-Type": "application/json", name: value}
    for start in range(0, count, BATCH):
        items = [
            {
                "sensor_id": f"sensor-{number % SENSORS:02}",
                "enseigne": "Maison",
                "salle": "Bureau",
                "values": wire.VALUES,
            }
            for number in range(start, start + BATCH)
        ]
        connection.request("POST", "/api/ingest", msgspec.json.encode(items), headers)
        answer = connection.getresponse()
        if answer.read().count(b'"stored"') != BATCH:
            raise LoadError(f"a batch was not kept: {answer.status}")
    connection.close()


def replayed(address: str, dashboard: tuple[str, str], position: str, pid: int) -> Replayed:
    with closing(opened(address, dashboard)) as client:
        newest = _position(greeting(client))
        ask = {"type": "subscribe", "topics": ["all"], "after": position}
        before, started = usage_of([pid]), time.perf_counter()
        client.sendall(wire.client_frame(msgspec.json.encode(ask), wire.TEXT))
        received = _read_until(client, f'"position":"{newest}"}}'.encode())
        wall = time.perf_counter() - started
        cpu = usage_of([pid]).since(before).cpu_seconds
    return Replayed(received.count(_MEASUREMENT), wall * 1_000, cpu * 1_000)


def opened(address: str, dashboard: tuple[str, str], query: str = "?topics=") -> socket:
    """Subscribed to nothing, where `query` says no other: what is missed waits in the store."""
    host, _, port = address.rpartition(":")
    client = create_connection((host, int(port)), 30)
    client.sendall(wire.upgrade(f"/ws{query}", [dashboard]))
    return client


def greeting(client: socket) -> bytes:
    return _read_until(client, b'"}')


def _read_until(client: socket, end: bytes) -> bytes:
    received = bytearray()
    while not received.endswith(end):
        read = client.recv(_READ)
        if not read:
            raise LoadError("the gateway closed the connection")
        received += read
    return bytes(received)


def _position(message: bytes) -> str:
    found = _POSITION.search(message)
    if found is None:
        raise LoadError("no greeting with a position")
    return found[1].decode()


if __name__ == "__main__":
    main()

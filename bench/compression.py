"""`python -m bench.compression`: what permessage-deflate without context takeover saves and costs.

Bytes for one dashboard and hour of one room with a measurement every 5 s, greeting and heartbeats
(both ways) included, TLS and TCP not. Then the CPU of hub and connections alone, per delivery, to
500 sockets that another process reads.
"""

import argparse
import asyncio
import multiprocessing
import random
import selectors
import socket
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import msgspec
import uvloop

from app.domain.audience import Audience
from app.domain.channel import Bounds, Channel
from app.domain.hub import Hub
from app.domain.measurement import message_of
from app.domain.replay import Replay
from app.model import Position, Publication, RoutingKey, Topic, wire_time
from app.protocol.topics import ALL, Grant, Selection, parse_filters
from app.transport.connection import Connection
from app.transport.deflate import smaller_frame
from app.transport.framing import ping_frame, text_frame

PACE, HEARTBEAT, HOUR = 5, 25, 3_600
PONG_BYTES = 6
"""Of a client's empty pong, with its mask (RFC 6455 §5.2)."""
GREETING_BYTES = 225
SUBSCRIBERS, DELIVERIES, JOINED = 500, 1_000_000, 32
TENANT, EPOCH = "acme", "d90a85983c81"
KEY = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "bureau1")
START_MS = 1_763_546_700_000
"""2025-11-19T10:05:00Z, the documented example's."""


def main() -> None:
    argparse.ArgumentParser(prog="python -m bench.compression", description=__doc__).parse_args()
    sys.stdout.write(f"{bytes_table()}\n\n")
    with reading(SUBSCRIBERS) as sockets:
        figures = uvloop.run(costs(sockets))
    sys.stdout.write(f"{SUBSCRIBERS} subscribers, CPU µs per delivery\n")
    sys.stdout.write("            one at a time  32 joined\n")
    for name, (one, joined) in figures.items():
        sys.stdout.write(f"{name:12}{one:13.2f}{joined:11.3f}\n")
    alone = time_of_deflating()
    sys.stdout.write(f"deflating one message: {alone:.1f} µs, once for all of a publication\n")


def publications(count: int) -> list[Publication]:
    """A room's, its values wandering as a room's do."""
    chance = random.Random(1)  # noqa: S311  (no secret)
    values = {"CO2": 645.0, "PM25": 12.0, "TVOC": 0.2, "Temperature": 22.3, "Humidity": 45.0}
    found = []
    for number in range(1, count + 1):
        values = {name: at * chance.uniform(0.99, 1.01) for name, at in values.items()}
        shown = {name: round(at, 3 if at < 1 else 1) for name, at in values.items()}
        time_ms = START_MS + 1_000 * PACE * number + chance.randrange(1_000)
        position = Position(EPOCH, number)
        message = message_of("bureau1", "Maison", "Bureau", dict(shown), time_ms)
        told = {"received_at": wire_time(time_ms + 20), "position": str(position)}
        found.append(Publication(TENANT, position, KEY, msgspec.json.encode(message | told)))
    return found


def bytes_table() -> str:
    texts = [publication.text for publication in publications(HOUR // PACE)]
    beats = HOUR // HEARTBEAT * (len(ping_frame()) + PONG_BYTES) + GREETING_BYTES
    plain = sum(len(text_frame(text)) for text in texts)
    deflated = sum(len(smaller_frame(text)) for text in texts)
    context = zlib.compressobj(wbits=-15)
    carried = sum(
        len(text_frame(context.compress(text) + context.flush(zlib.Z_SYNC_FLUSH))) - 4
        for text in texts
    )
    rows = {
        "plain": plain,
        "deflated": deflated,
        "with a context for each connection (not built)": carried,
    }
    lines = [f"One dashboard, one room, a measurement every {PACE} s: KB an hour"]
    lines += [
        f"{name:48}{(size + beats) / 1_000:8.1f}   {size / len(texts):5.0f} bytes a message"
        for name, size in rows.items()
    ]
    return "\n".join([*lines, f"of it heartbeats and the greeting: {beats / 1_000:.1f}"])


class Dashboard:
    """Listens to its connection, and is a member of an audience; no session."""

    connection: Connection
    audience: Audience

    def __init__(self, hub: Hub, channel: Channel) -> None:
        self._hub = hub
        self.channel = channel
        self.missed_from = 0
        self.missed_since_match = 0
        self.lagging = False
        self.replay: Replay | None = None

    def writable(self) -> None:
        self._hub.catch_up(self)

    def text_received(self, text: str) -> None:
        raise NotImplementedError("nobody sends anything")

    def binary_received(self) -> None:
        raise NotImplementedError("nobody sends anything")

    def pong_received(self) -> None:
        raise NotImplementedError("nobody sends anything")

    def shutdown(self) -> None:
        self.connection.abort()

    def closed(self, code: int, clean: bool) -> None:
        pass


async def costs(sockets: Sequence[socket.socket]) -> dict[str, tuple[float, float]]:
    """Microseconds by way, one at a time and joined; the ways take turns."""
    loop = asyncio.get_running_loop()
    hub = Hub(Bounds(4_096, 8_388_608))
    selection = Selection(parse_filters([ALL]), Grant())
    dashboards = []
    for each in sockets:
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, each)
        dashboard = Dashboard(hub, hub.open(TENANT, Position(EPOCH, 0)))
        dashboard.connection = Connection(
            transport, dashboard, set(), max_bytes=65_536, now=time.monotonic
        )
        transport.set_protocol(dashboard.connection)
        dashboards.append(dashboard)
    figures = {}
    for deflates in (False, True):
        for dashboard in dashboards:
            dashboard.connection.deflates = deflates
            hub.join(dashboard, selection)
        one, joined = [await cost(hub, dashboards, at_once) for at_once in (1, JOINED)]
        figures["deflated" if deflates else "plain"] = one, joined
        for dashboard in dashboards:
            hub.leave(dashboard)
    return figures


async def cost(hub: Hub, dashboards: Sequence[Dashboard], at_once: int) -> float:
    channel = dashboards[0].channel
    turns = max(100, DELIVERIES // (len(dashboards) * at_once))
    ahead = iter(publications(turns * at_once))
    first = channel.position.sequence
    delivered, spent = hub.deliveries, 0.0
    for _ in range(turns):
        batch = [
            Publication(TENANT, Position(EPOCH, first + each.position.sequence), KEY, each.text)
            for each, _ in zip(ahead, range(at_once), strict=False)
        ]
        began = time.thread_time()
        hub.publish(batch)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        spent += time.thread_time() - began
        while any(dashboard.connection.paused for dashboard in dashboards):  # noqa: ASYNC110  (the other side is another process)
            await asyncio.sleep(0.001)
    return spent / (hub.deliveries - delivered) * 1e6


@contextmanager
def reading(count: int) -> Iterator[list[socket.socket]]:
    """Sockets whose other ends a process of its own reads as fast as it can."""
    pairs = [socket.socketpair() for _ in range(count)]
    theirs = [there for _, there in pairs]
    process = multiprocessing.get_context("fork").Process(target=drain, args=(theirs,))
    process.start()
    try:
        yield [here for here, _ in pairs]
    finally:
        process.kill()
        process.join()


def drain(sockets: Sequence[socket.socket]) -> None:
    with selectors.DefaultSelector() as selector:
        for each in sockets:
            selector.register(each, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                key.fileobj.recv(1_048_576)  # type: ignore[union-attr]  # a socket, as registered


def time_of_deflating() -> float:
    texts = [publication.text for publication in publications(2_000)]
    began = time.thread_time()
    for text in texts:
        smaller_frame(text)
    return (time.thread_time() - began) / len(texts) * 1e6


if __name__ == "__main__":
    main()

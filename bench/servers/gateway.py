"""The gateway as `python -m app serve` runs it, and a door to its hub for the benchmark.

A line on the feed's port is a message's JSON. The lines of one read are published together, past
ingest and store: this is fan-out alone, with everything else of the gateway at work beside it.
"""

import argparse
import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import uvloop

from app import bootstrap, logs, server
from app.domain.hub import Hub
from app.edge.gateway import Gateway
from app.model import Position, Publication, RoutingKey, Topic
from app.settings import Settings
from app.storage.sqlite import store
from app.storage.sqlite.file import connect

TENANT = "acme"
_KEY = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "sensor-00-00")


class Feed(asyncio.Protocol):
    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._rest = b""

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        channel = self._hub.channel(TENANT)
        if channel is None:
            return
        epoch, last = channel.position.epoch, channel.position.sequence
        self._hub.publish(
            [
                Publication(TENANT, Position(epoch, last + number), _KEY, line)
                for number, line in enumerate(lines, 1)
            ]
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feed", type=int, required=True, help="port on loopback")
    parser.add_argument("--tcp", default="", help="HOST:PORT instead of the unix socket")
    parser.add_argument("--forgetful", action="store_true", help="commit without waiting for it")
    arguments = parser.parse_args()
    if arguments.forgetful:
        vars(store)["connect"] = _unsynced
    settings = Settings()
    logs.configure(settings.log_level, sys.stdout)

    @contextlib.asynccontextmanager
    async def fed(settings: Settings) -> AsyncIterator[Gateway]:
        async with bootstrap.gateway(settings) as built:
            loop = asyncio.get_running_loop()
            feed = await loop.create_server(lambda: Feed(built.hub), "127.0.0.1", arguments.feed)
            yield built
            feed.close()

    vars(server)["gateway"] = fed
    listener = (
        server.tcp_listener(arguments.tcp)
        if arguments.tcp
        else server.unix_listener(settings.socket_path)
    )
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve_until_signal(settings, listener))


def _unsynced(path: Path) -> sqlite3.Connection:
    connection = connect(path)
    connection.execute("PRAGMA synchronous = OFF")
    return connection


if __name__ == "__main__":
    main()

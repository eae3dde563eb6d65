"""The two ends of the scale: what everybody writes, and a server that could not do less."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import wire
from bench.load import Publishers, Subscribers
from bench.peers.base import PUBLISHERS, Feed, Peer, Running, one_at_a_time
from bench.running import PYTHON, Server
from bench.tools import floor_program
from tests.ports import free_port


@contextmanager
def _broadcast(folder: Path) -> Iterator[Running]:
    port = free_port()
    address = f"127.0.0.1:{port}"
    options = ("--host", "127.0.0.1", "--port", port, "--log-level", "warning")
    with Server((PYTHON, "-m", "uvicorn", "bench.servers.broadcast:app", *options), folder) as it:
        it.await_port(port)
        text = wire.post("/publish", wire.message())
        yield Running(
            it.pid,
            Subscribers(address, [wire.upgrade("/ws")]),
            (Feed("POST", one_at_a_time(Publishers(address, [text] * PUBLISHERS, answered=True))),),
        )


@contextmanager
def _floor(folder: Path) -> Iterator[Running]:
    program, port = floor_program(), free_port()
    address = f"127.0.0.1:{port}"
    with Server((program, port), folder) as it:
        it.await_port(port)
        frame = wire.server_frame(wire.message(), wire.TEXT)

        def publishers(batch: int) -> Publishers:
            texts = [frame * batch] * PUBLISHERS
            return Publishers(address, texts, opening=wire.upgrade("/publish"))

        heads = [wire.upgrade("/ws")]
        yield Running(it.pid, Subscribers(address, heads), (Feed("frames", publishers),))


BROADCAST = Peer("FastAPI, send_json each", tls=False, start=_broadcast)
FLOOR = Peer("floor in C", tls=False, start=_floor)

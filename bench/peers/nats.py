"""NATS server (Go), its WebSocket listener. It keeps nothing: core NATS, at most once."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench import wire
from bench.load import Publishers, Subscribers
from bench.peers.base import PUBLISHERS, Feed, Peer, Running, certificates
from bench.running import Server
from bench.tools import nats_server
from tests.ports import free_port

_CONNECT = b'CONNECT {"verbose":false,"pedantic":false,"tls_required":false}\r\n'


def _start(*, tls: bool) -> Callable[[Path], AbstractContextManager[Running]]:
    @contextmanager
    def start(folder: Path) -> Iterator[Running]:
        program, port = nats_server(), free_port()
        configuration = folder / "nats.conf"
        security = "no_tls: true"
        if tls:
            made = certificates(folder)
            security = f'tls {{ cert_file: "{made.chain}", key_file: "{made.key}" }}'
        configuration.write_text(
            f'listen: "127.0.0.1:{free_port()}"\n'
            f'websocket {{ listen: "127.0.0.1:{port}", compression: false, {security} }}\n'
        )
        with Server((program, "-c", configuration), folder) as it:
            it.await_port(port)
            yield _running(it, f"127.0.0.1:{port}", tls=tls)

    return start


def _running(server: Server, address: str, *, tls: bool) -> Running:
    upgrade = wire.upgrade("/")
    hello = wire.client_frame(_CONNECT + b"SUB iaq 1\r\nPING\r\n", wire.BINARY)
    opening = upgrade + wire.client_frame(_CONNECT + b"PING\r\n", wire.BINARY)
    message = wire.message()
    command = b"PUB iaq %d\r\n%s\r\n" % (len(message), message)

    def publishers(batch: int) -> Publishers:
        texts = [wire.client_frame(command * batch, wire.BINARY)] * PUBLISHERS
        return Publishers(address, texts, tls=tls, opening=opening)

    subscribers = Subscribers(address, [upgrade], tls=tls, hello=hello)
    return Running(server.pid, subscribers, (Feed("PUB", publishers),))


PLAIN = Peer("NATS", tls=False, start=_start(tls=False))
TLS = Peer("NATS", tls=True, start=_start(tls=True))

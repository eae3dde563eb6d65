"""Centrifugo (Go), version 6, where its program is on the PATH; JSON protocol, nothing is kept."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

from bench import wire
from bench.load import Publishers, Subscribers
from bench.peers.base import PUBLISHERS, Feed, MissingError, Peer, Running, certificates
from bench.running import Server
from tests.ports import free_port


def _start(*, tls: bool) -> Callable[[Path], AbstractContextManager[Running]]:
    @contextmanager
    def start(folder: Path) -> Iterator[Running]:
        program = shutil.which("centrifugo")
        if program is None:
            raise MissingError("centrifugo is not on the PATH")
        port = free_port()
        configuration = folder / "centrifugo.json"
        configuration.write_text(json.dumps(_configuration(folder, port, tls=tls)))
        with Server((program, "--config", configuration), folder) as it:
            it.await_port(port)
            yield _running(it, f"127.0.0.1:{port}", tls=tls)

    return start


def _configuration(folder: Path, port: int, *, tls: bool) -> dict[str, Any]:
    server: dict[str, Any] = {"address": "127.0.0.1", "port": str(port)}
    if tls:
        made = certificates(folder)
        server["tls"] = {"enabled": True, "cert_pem": str(made.chain), "key_pem": str(made.key)}
    return {
        "http_server": server,
        "http_api": {"insecure": True},
        "client": {"insecure": True, "allowed_origins": ["*"]},
        "channel": {"without_namespace": {"allow_subscribe_for_client": True}},
        "log": {"level": "error"},
    }


def _running(server: Server, address: str, *, tls: bool) -> Running:
    commands = b'{"id":1,"connect":{}}\n{"id":2,"subscribe":{"channel":"iaq"}}'
    hello = wire.client_frame(commands, wire.TEXT)
    one = b'{"channel":"iaq","data":' + wire.message() + b"}"

    def publishers(batch: int) -> Publishers:
        many = b'{"commands":[' + b",".join([b'{"publish":' + one + b"}"] * batch) + b"]}"
        text = wire.post("/api/publish", one) if batch == 1 else wire.post("/api/batch", many)
        return Publishers(address, [text] * PUBLISHERS, tls=tls, answered=True)

    head = wire.upgrade("/connection/websocket")
    subscribers = Subscribers(address, [head], tls=tls, hello=hello)
    return Running(server.pid, subscribers, (Feed("POST", publishers),))


PLAIN = Peer("Centrifugo", tls=False, start=_start(tls=False))
TLS = Peer("Centrifugo", tls=True, start=_start(tls=True))

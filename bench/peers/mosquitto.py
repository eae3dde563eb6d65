"""Mosquitto (C), MQTT 3.1.1 over WebSocket at QoS 0; nothing is kept."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from bench import wire
from bench.load import Publishers, Subscribers
from bench.peers.base import PUBLISHERS, Feed, Peer, Running, certificates
from bench.running import Server
from bench.tools import installed
from tests.ports import free_port


def _start(*, tls: bool) -> Callable[[Path], AbstractContextManager[Running]]:
    @contextmanager
    def start(folder: Path) -> Iterator[Running]:
        program, port = installed("mosquitto", "mosquitto"), free_port()
        lines = [
            f"listener {free_port()} 127.0.0.1",  # with WebSocket listeners alone 2.0.11 ends
            f"listener {port} 127.0.0.1",
            "protocol websockets",
            "allow_anonymous true",
            "persistence false",
            "user root",
            "log_type error",
        ]
        if tls:
            made = certificates(folder)
            lines += [f"certfile {made.chain}", f"keyfile {made.key}"]
        configuration = folder / "mosquitto.conf"
        configuration.write_text("\n".join(lines) + "\n")
        with Server((program, "-c", configuration), folder) as it:
            it.await_port(port)
            yield _running(it, f"127.0.0.1:{port}", tls=tls)

    return start


def _running(server: Server, address: str, *, tls: bool) -> Running:
    upgrade = wire.upgrade("/mqtt", [("Sec-WebSocket-Protocol", "mqtt")])
    connect = wire.client_frame(wire.mqtt_connect(), wire.BINARY)
    hello = connect + wire.client_frame(wire.mqtt_subscribe("iaq"), wire.BINARY)
    packet = wire.mqtt_publish("iaq", wire.message())

    def publishers(batch: int) -> Publishers:
        texts = [wire.client_frame(packet * batch, wire.BINARY)] * PUBLISHERS
        return Publishers(address, texts, tls=tls, opening=upgrade + connect)

    subscribers = Subscribers(address, [upgrade], tls=tls, hello=hello)
    return Running(server.pid, subscribers, (Feed("PUBLISH", publishers),))


PLAIN = Peer("mosquitto", tls=False, start=_start(tls=False))
TLS = Peer("mosquitto", tls=True, start=_start(tls=True))

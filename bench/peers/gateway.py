"""Ours: the gateway without nginx, and the whole stack with TLS, everything on in both.

Every dashboard has a token of its own, every publisher a device's; only the limits are lifted.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from app.settings import Settings
from app.stack.readiness import Readiness
from auth.keys import KeyRing, create_key
from auth.principal import Role
from auth.tokens import TokenIssuer
from bench import wire
from bench.load import Publishers, Subscribers
from bench.peers.base import PUBLISHERS, Feed, Peer, Running
from bench.running import PYTHON, START_TIMEOUT, Server
from bench.servers.gateway import TENANT
from tests.ports import free_port

DASHBOARDS = 4_000
"""As many as are opened at once: no two connections share a token."""
TTL = 3_600


@contextmanager
def _plain(folder: Path, *options: str) -> Iterator[Running]:
    port, feed = free_port(), free_port()
    address, environment = f"127.0.0.1:{port}", _environment(folder)
    tokens = Tokens(folder)
    words = (PYTHON, "-m", "bench.servers.gateway", "--feed", feed, "--tcp", address, *options)
    with Server(words, folder, environment) as it:
        it.await_port(port)
        yield _running(it, address, feed, tokens, tls=False)


@contextmanager
def _stack(folder: Path) -> Iterator[Running]:
    https, feed = free_port(), free_port()
    environment = {**_environment(folder), "HTTPS_PORT": https, "HTTP_PORT": free_port()}
    tokens = Tokens(folder)
    with Server((PYTHON, "-m", "bench.servers.stack", feed), folder, environment) as it:
        it.await_port(https)
        readiness = Readiness(https, folder / "certs" / "server.crt")
        deadline = time.monotonic() + START_TIMEOUT
        while readiness.ask():
            it.check(deadline)
            time.sleep(0.05)
        yield _running(it, f"127.0.0.1:{https}", feed, tokens, tls=True)


class Tokens:
    """Signed with the keys that the gateway of this folder will use."""

    def __init__(self, folder: Path) -> None:
        keys = folder / "var" / "keys"
        if not keys.exists():
            create_key(keys)
        self._issuer = TokenIssuer(KeyRing.load(keys), Settings(_env_file=None).token_issuer)

    def bearer(self, role: Role, number: int) -> tuple[str, str]:
        token = self._issuer.issue(
            subject=f"{role}-{number}", tenant=TENANT, role=role, ttl=TTL, now=time.time()
        )
        return ("Authorization", f"Bearer {token}")


def _environment(folder: Path) -> dict[str, object]:
    return {
        "STATE_DIR": folder / "var",
        "CERTS_DIR": folder / "certs",
        "LIMIT_SCALE": 100,
    }


def _running(server: Server, address: str, feed: int, tokens: Tokens, *, tls: bool) -> Running:
    heads = [
        wire.upgrade("/ws", [tokens.bearer(Role.DASHBOARD, number)]) for number in range(DASHBOARDS)
    ]
    return Running(
        server.pid,
        Subscribers(address, heads, tls=tls),
        (
            Feed("hub alone", _lines(f"127.0.0.1:{feed}")),
            Feed("POST", _posts(address, tokens, tls=tls)),
        ),
        repeated=True,
        split="nginx" if tls else "",
    )


def _lines(address: str) -> Callable[[int], Publishers]:
    line = wire.message() + b"\n"
    return lambda batch: Publishers(address, [line * batch] * PUBLISHERS)


def _posts(address: str, tokens: Tokens, *, tls: bool) -> Callable[[int], Publishers]:
    """A measurement alone, or an array of them, by devices; each sensor keeps to one publisher."""
    devices = [tokens.bearer(Role.DEVICE, number) for number in range(PUBLISHERS)]

    def publishers(batch: int) -> Publishers:
        texts = []
        for number, device in enumerate(devices):
            items = [wire.measurement(f"sensor-{number:02}-{item:02}") for item in range(batch)]
            body = items[0] if batch == 1 else b"[" + b",".join(items) + b"]"
            texts.append(wire.post("/api/ingest", body, [device]))
        return Publishers(address, texts, tls=tls, answered=True)

    return publishers


def _forgetful(folder: Path) -> AbstractContextManager[Running]:
    return _plain(folder, "--forgetful")


PLAIN = Peer("gateway", tls=False, start=_plain, ours=True)
FORGETFUL = Peer("gateway without a durable commit", tls=False, start=_forgetful, ours=True)
"""What the commit is compared with: all else is the same, but a power cut takes what was kept."""
STACK = Peer("gateway behind nginx", tls=True, start=_stack, ours=True)

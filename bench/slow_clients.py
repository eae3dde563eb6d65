"""`python -m bench.slow_clients`: what dashboards that never read cost the gateway and the others.

50 dashboards that read get 100 messages a second; beside them 0, 1, 100 and 1,000 connections read
nothing after their handshake, while everybody was sent some 30 MB. Straight, then through nginx
with TLS. `each` is the growth over the row without any, per connection that does not read.
"""

import argparse
import ssl
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET, create_connection, socket

from bench.load import Load, LoadError, Subscribers
from bench.peers.base import Peer, Running, workplace
from bench.peers.gateway import PLAIN, STACK
from bench.tools import MissingError, load_command
from bench.usage import usage_of

STUCK = (0, 1, 100, 1_000)
OTHERS = 50
RATE = 100.0
FILL_SECONDS, MEASURED_SECONDS = 5.0, 8.0
"""Together less than SLOW_TIMEOUT, after which those that do not read are closed."""
FILL_WINDOW, WINDOW = 256, 32
RECEIVE_BUFFER = 65_536
_PAGE = 4_096
_MEGABYTE, _KILOBYTE = 1_000_000, 1_000


@dataclass(frozen=True, slots=True)
class Row:
    stuck: int
    processes: int
    """Bytes of anonymous memory of the gateway, and of nginx where it stands before it."""
    system: int
    """Bytes in the operating system's TCP buffers, whatever the connection."""
    p50_ms: float
    p99_ms: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.slow_clients", description=__doc__)
    parser.parse_args()
    for peer in (PLAIN, STACK):
        try:
            sys.stdout.write(table(peer.name, [measure(peer, stuck) for stuck in STUCK]))
        except (MissingError, LoadError, OSError) as error:
            sys.stderr.write(f"{peer.name}: not run: {error}\n")
    return 0


def measure(peer: Peer, stuck: int) -> Row:
    with ExitStack() as stack:
        running: Running = stack.enter_context(peer.start(stack.enter_context(workplace())))
        publishers = running.feeds[0].publishers(1)
        load = stack.enter_context(Load(load_command(), running.subscribers, OTHERS, publishers))
        stack.enter_context(crowd(running.subscribers, stuck))
        load.run(FILL_SECONDS, FILL_WINDOW)
        measured = load.run(MEASURED_SECONDS, WINDOW, RATE)
        memory = usage_of([running.pid]).pss.total() * 1_024
        return Row(stuck, memory, _tcp_memory(), measured.p50_ms, measured.p99_ms)


@contextmanager
def crowd(subscribers: Subscribers, count: int) -> Iterator[None]:
    """So many connections that shake hands and then do not read."""
    with ExitStack() as stack:
        for number in range(count):
            stack.enter_context(_shaken(subscribers, number))
        yield


def _shaken(subscribers: Subscribers, number: int) -> socket:
    host, _, port = subscribers.address.rpartition(":")
    opened = create_connection((host, int(port)), 10)
    opened.setsockopt(SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER)
    if subscribers.tls:
        opened = _no_questions().wrap_socket(opened, server_hostname="localhost")
    opened.sendall(subscribers.heads[number % len(subscribers.heads)])
    answer = opened.recv(1)
    if answer != b"H":
        raise LoadError("a handshake was not answered")
    return opened


def _no_questions() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # a certificate made for this run, on loopback
    return context


def _tcp_memory() -> int:
    """Of the whole machine, pages (proc(5)); other programs hold next to nothing."""
    for line in Path("/proc/net/sockstat").read_text("ascii").splitlines():
        if line.startswith("TCP:"):
            words = line.split()
            return int(words[words.index("mem") + 1]) * _PAGE
    raise OSError("no TCP line in /proc/net/sockstat")


def table(name: str, rows: Sequence[Row]) -> str:
    base = rows[0]
    lines = [
        f"{name}",
        "  do not read  processes MB  each KB  TCP buffers MB  each KB  others p50 ms  p99 ms",
    ]
    for row in rows:
        count = max(1, row.stuck)
        lines.append(
            f"{row.stuck:13}"
            f"{row.processes / _MEGABYTE:14.1f}"
            f"{(row.processes - base.processes) / count / _KILOBYTE:9.1f}"
            f"{row.system / _MEGABYTE:16.1f}"
            f"{(row.system - base.system) / count / _KILOBYTE:9.0f}"
            f"{row.p50_ms:15.2f}{row.p99_ms:8.2f}"
        )
    return "\n".join(lines) + "\n\n"


if __name__ == "__main__":
    sys.exit(main())

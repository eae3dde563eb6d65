"""Whether nginx will get its addresses, asked before anything is started."""

import errno
import socket
from collections.abc import Iterable

from app.settings import Settings
from app.stack.errors import StackError


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def check_ports(settings: Settings, addresses: Iterable[str]) -> None:
    """Raises `StackError` when a port is taken, or reserved for root."""
    wanted = [("HTTPS_PORT", settings.https_port), ("HTTP_PORT", settings.http_port)]
    if settings.mtls_port:
        wanted.append(("MTLS_PORT", settings.mtls_port))
    for address in addresses:
        for name, port in wanted:
            _check(name, address, port)


def _check(name: str, address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as nginx does
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            probe.bind((address, port))
            probe.listen()
        except OSError as error:
            if error.errno == errno.EACCES:
                raise StackError(f"Only root may listen on port {port} ({name}).") from error
            raise StackError(
                f"Port {port} is taken: stop what listens there, or choose another with {name}, "
                f"as in `make run {name}={port + 1000}`."
            ) from error

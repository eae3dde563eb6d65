"""The project's own nginx with TLS in front of an echo server, its limits lifted."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.settings import Settings
from app.stack import certificates, nginx_config
from app.stack.programs import ROOT, find_nginx
from tests.ports import free_port

PATIENCE = 10.0


@contextmanager
def tls_front(folder: Path, upstream: Path) -> Iterator[int]:
    """Its TLS port, on loopback. Raises MissingProgramError where there is no nginx."""
    nginx = find_nginx()
    https_port, http_port = free_port(), free_port()
    settings = Settings(
        https_port=https_port,
        http_port=http_port,
        state_dir=folder,
        limit_scale=100,
        connections_total=1,
    )
    made = certificates.ensure(folder / "certs", ["localhost"], time.time())
    log = folder / "nginx.log"
    places = nginx_config.Places(
        sockets=(upstream,),
        frontend=ROOT / "frontend",
        chain=made.chain,
        key=made.key,
        challenges=folder,
        access_log=folder / "access.log",
        error_log=log,
    )
    listening = nginx_config.Listening(loopback_only=True, ipv6=False, http2=nginx.maintained)
    user = "root" if os.geteuid() == 0 else ""
    main = nginx_config.write(
        folder, nginx_config.render(settings, places, listening, f"{user} {user}".strip())
    )
    process = subprocess.Popen([nginx.path, "-p", folder, "-c", main, "-e", log])  # noqa: S603  (found above)
    try:
        _await_port(https_port, process)
        yield https_port
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _await_port(port: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("nginx did not start")

"""`python -m app.stack.deploy FOLDER`: nginx's configuration for `docker-compose.prod.yml`.

The same template as everywhere, with the places that the containers share. nginx runs there as a
plain user, on addresses that the network of its container gives it.
"""

import sys
from pathlib import Path

from app.settings import Settings
from app.stack.nginx_config import Listening, Places, render, write

CONTAINER = Places(
    sockets=(Path("/run/gateway/gateway.sock"),),
    frontend=Path("/srv/frontend"),
    chain=Path("/run/secrets/tls_certificate"),
    key=Path("/run/secrets/tls_key"),
    challenges=Path("/srv/challenges"),
    access_log=Path("/dev/stdout"),
    error_log=Path("/dev/stderr"),
)


def deploy(settings: Settings, folder: Path) -> None:
    """Published ports reach a container over IPv4, so it listens on that alone."""
    write(folder, render(settings, CONTAINER, Listening(loopback_only=False, ipv6=False)))


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004  (name and folder)
        sys.exit("usage: python -m app.stack.deploy FOLDER")
    deploy(Settings(), Path(sys.argv[1]))

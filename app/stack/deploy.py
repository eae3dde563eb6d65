"""nginx's configuration where something else runs it: systemd, or a container of its own."""

import time
from pathlib import Path

from app.settings import Settings
from app.stack.certificates import ensure
from app.stack.names import gateway_names, is_local
from app.stack.nginx_config import Listening, Places, render, write
from app.stack.ports import has_ipv6
from app.stack.programs import ROOT
from app.stack.workers import sockets

STDOUT, STDERR = Path("/dev/stdout"), Path("/dev/stderr")


def deploy(settings: Settings, folder: Path, *, container: bool) -> None:
    """Write the configuration into `folder`, for an nginx that runs as one plain user.

    Where there is no certificate yet, one of the development authority's serves until a better one
    takes its place: an authority that is to prove the name has to reach nginx first.

    In a container the logs go to its output, and published ports reach it over IPv4 alone. Else
    they go to the journal. Raises what `render` and `ensure` do.
    """
    made = ensure(settings.certs_dir.absolute(), gateway_names(settings.server_name), time.time())
    places = Places(
        sockets=sockets(settings.socket_path.absolute(), settings.workers),
        frontend=ROOT / "frontend",
        chain=made.chain,
        key=made.key,
        challenges=settings.certs_dir.absolute() / "challenges",
        access_log=STDOUT if container else None,
        error_log=STDERR if container else None,
    )
    listening = Listening(
        loopback_only=not container and is_local(settings.server_name),
        ipv6=not container and has_ipv6(),
    )
    folder.mkdir(parents=True, exist_ok=True)
    write(folder, render(settings, places, listening))

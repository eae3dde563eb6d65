"""The text of nginx's configuration, from the settings and the places where things are."""

import os
import re
import resource
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from app.stack.names import gateway_names, is_local
from app.stack.programs import ROOT

SOURCE = ROOT / "nginx"
REQUESTS_PER_SECOND = 200
"""Of one address, and `LIMIT_SCALE` times that. Well outside the gateway's own limits: an office of
200 dashboards behind one address polls 67 times a second and reconnects all at once."""
REQUESTS_BURST = 1_000
DESCRIPTORS_PER_SOCKET = 2
"""A proxied connection has one side to the client and one to the gateway."""
LEAST_CONNECTIONS = 512
MOST_CONNECTIONS = 65_536
"""Of one worker. Each costs about 420 bytes as soon as nginx starts."""
MOST_PER_ADDRESS = 65_535
"""More than that `limit_conn` refuses to read, and nginx to start."""
SEND_BUFFER = "sndbuf=256k"
"""For each client. Left alone, Linux takes 4 MB for one that does not read (measured)."""
JOURNAL = "syslog:server=unix:/dev/log,nohostname,tag=nginx"
"""systemd's. Its /dev/stdout is a socket, which nginx cannot open as a file."""
_SAFE_PATH = re.compile(r"\A/[^\"'$\\\x00-\x1f\x7f]*\Z")
_OURS = re.compile(r"\$\{([A-Z_]+)\}")
"""In the template; `$name` is nginx's."""
_HTTPS = 443


class UnusablePathError(Exception):
    """A path holds a character that nginx's configuration cannot quote."""


@dataclass(frozen=True, slots=True)
class Places:
    """What nginx reads and writes; absolute, and within reach of its worker's user."""

    sockets: tuple[Path, ...]
    """One for each gateway."""
    frontend: Path
    chain: Path
    key: Path
    challenges: Path
    """Where an ACME client proves that the name is ours; its webroot."""
    access_log: Path | None
    """None: the journal; so with the next."""
    error_log: Path | None


@dataclass(frozen=True, slots=True)
class Listening:
    """On which addresses and how; `loopback_only` unless the gateway has a name of its own."""

    loopback_only: bool
    ipv6: bool
    http2: bool = True


def render(settings: Settings, places: Places, listening: Listening, user: str = "") -> str:
    """The main file; the others of `nginx/` are used as they are.

    `user` is `name group` for a master that runs as root. Raises `UnusablePathError` and
    `ServerNameError`.
    """
    names = gateway_names(settings.server_name)
    port = "" if settings.https_port == _HTTPS else f":{settings.https_port}"
    workers = min(os.cpu_count() or 1, 4)
    connections = _connections_per_worker(settings, workers)
    values: dict[str, object] = {
        "MAIN": f"user {user};" if user else "",
        "WORKERS": workers,
        "WORKER_CONNECTIONS": connections,
        "OPEN_FILES": 2 * connections,
        "ERROR_LOG": _log(places.error_log),
        "ACCESS_LOG": _log(places.access_log),
        "FRONTEND": _quoted(places.frontend),
        "CERTIFICATE": _quoted(places.chain),
        "CERTIFICATE_KEY": _quoted(places.key),
        "CHALLENGES": _quoted(places.challenges),
        "GATEWAYS": "\n        ".join(_gateway(socket) for socket in places.sockets),
        "METRICS": "\n        ".join(
            _metrics(number, socket) for number, socket in enumerate(places.sockets, 1)
        ),
        "MAX_BODY_BYTES": settings.max_body_bytes,
        "REQUESTS_PER_SECOND": settings.scaled_count(REQUESTS_PER_SECOND),
        "REQUESTS_BURST": settings.scaled_count(REQUESTS_BURST),
        "CONNECTIONS": min(
            2 * settings.scaled_count(settings.connections_per_ip), MOST_PER_ADDRESS
        ),
        "SOCKET_TIMEOUT": f"{_socket_timeout(settings)}s",
        "NAMES": " ".join(_bracketed(name) for name in names),
        "SERVER_NAME": _bracketed(settings.server_name.lower()),
        "HTTPS_PORT_SUFFIX": port,
        "LISTEN_HTTPS": _listen(settings.https_port, listening, "default_server", SEND_BUFFER),
        "LISTEN_OTHER": _listen(settings.https_port, listening, ""),
        "LISTEN_HTTP": _listen(settings.http_port, listening, "default_server", tls=False),
    }
    values["MTLS"] = _mtls(settings, listening, values)
    return _filled("nginx.conf.template", values)


def _mtls(settings: Settings, listening: Listening, values: Mapping[str, object]) -> str:
    """The listener for devices with certificates, where one is wanted."""
    if not settings.mtls_port or not settings.mtls_client_ca:
        return ""
    own = {
        "LISTEN_MTLS": _listen(settings.mtls_port, listening, "default_server"),
        "MTLS_CLIENT_CA": _quoted(settings.mtls_client_ca.absolute()),
    }
    return _filled("mtls.conf.template", {**values, **own}) + "\n"


def _filled(template: str, values: Mapping[str, object]) -> str:
    text = (SOURCE / template).read_text(encoding="utf-8")
    return _OURS.sub(lambda found: str(values[found[1]]), text)


def write(folder: Path, text: str) -> Path:
    """Put the configuration and the files it includes into `folder`; the path of the main one."""
    for part in SOURCE.glob("*.conf"):
        shutil.copyfile(part, folder / part.name)
    main = folder / "nginx.conf"
    main.write_text(text, encoding="utf-8")
    return main


def listens_locally(settings: Settings, *, maintained: bool) -> bool:
    """An nginx without security updates serves this machine alone, whatever the name."""
    return is_local(settings.server_name) or not maintained


def addresses(listening: Listening) -> tuple[str, ...]:
    """What nginx binds, in the order of `listen` lines."""
    four, six = ("127.0.0.1", "::1") if listening.loopback_only else ("0.0.0.0", "::")  # noqa: S104  (the door is to be found)
    return (four, six) if listening.ipv6 else (four,)


def _log(path: Path | None) -> str:
    return _quoted(path) if path else JOURNAL


def _gateway(socket: Path) -> str:
    return f"server {_quoted(socket, 'unix:')} fail_timeout=1s;"


def _metrics(number: int, socket: Path) -> str:
    """For Prometheus on this machine, which has to tell one gateway from another."""
    upstream = f'{_quoted(socket, "http://unix:")[:-1]}:/metrics"'
    rules = "allow 127.0.0.1; allow ::1; deny all;"
    return (
        f"location = /metrics/{number} {{ {rules} include proxy.conf;"
        f' proxy_set_header Connection ""; proxy_pass {upstream}; }}'
    )


def _listen(port: int, listening: Listening, *flags: str, tls: bool = True) -> str:
    options = [*(("ssl", "http2") if listening.http2 else ("ssl",)) * tls, *filter(None, flags)]
    lines = (
        f"listen {' '.join([f'{_bracketed(address)}:{port}', *options])};"
        for address in addresses(listening)
    )
    return "\n        ".join(lines)


def _connections_per_worker(settings: Settings, workers: int) -> int:
    """Half as many again as an even share, but within half of what this process may open."""
    sockets = settings.scaled_count(settings.connections_total)
    share = sockets * DESCRIPTORS_PER_SOCKET * 3 // (2 * workers)
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    most = MOST_CONNECTIONS if hard == resource.RLIM_INFINITY else min(hard // 2, MOST_CONNECTIONS)
    return max(min(share, most), LEAST_CONNECTIONS)


def _socket_timeout(settings: Settings) -> int:
    """Over two heartbeats and over the idle timeout: the gateway decides, nginx only cleans up."""
    return round(max(2 * settings.heartbeat, settings.idle_timeout) + 15)


def _bracketed(name: str) -> str:
    return f"[{name}]" if ":" in name else name


def _quoted(path: Path, scheme: str = "") -> str:
    if not _SAFE_PATH.match(str(path)):
        raise UnusablePathError(f"nginx cannot use the path {str(path)!r}: quotes, $ or \\ in it")
    return f'"{scheme}{path}"'

"""What a person reads once everything runs."""

from collections.abc import Sequence
from pathlib import Path

from app.settings import Settings
from app.stack.certificates import Certificates

_HTTPS = 443


def address(settings: Settings) -> str:
    port = "" if settings.https_port == _HTTPS else f":{settings.https_port}"
    name = f"[{settings.server_name}]" if ":" in settings.server_name else settings.server_name
    return f"https://{name}{port}/"


def welcome(
    settings: Settings, certificates: Certificates, logs: Path, lines: Sequence[str]
) -> str:
    url = address(settings)
    sections = [f"IAQverse Gateway runs at {url}", *lines]
    if certificates.authority:
        authority = _short(certificates.authority)
        sections += [
            "",
            f"Your browser warns until it trusts {authority}; certs/README.md says how, for each",
            f"system. Programs name it:  curl --cacert {authority} {url}health/ready",
        ]
    sections += [
        "",
        f"Logs: {_short(logs)}/ (gateway.log, demo.log, nginx-access.log, nginx-error.log)",
        "Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(sections)


def _short(path: Path) -> Path:
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path

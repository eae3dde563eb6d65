"""`check-config`: every mistake of an installation at once, a sentence each."""

import difflib
import os
import time
from collections.abc import Iterator
from pathlib import Path

import typer
from pydantic import ValidationError

from app.cli.credentials import lacks_keys
from app.cli.report import RefusedError, explain_settings, note
from app.edge.key_ring import key_ring
from app.settings import Settings
from auth.errors import KeyRingError

ENV_FILE = Path(".env")
LIKE = 0.8
"""How alike two names are (0 to 1) for one to be taken for a slip of the other."""


def commands(cli: typer.Typer) -> None:
    cli.command("check-config")(check_config)


def check_config() -> None:
    """Read every setting, and what the settings name, and say what is wrong, all in one go."""
    wrong, settings = _settings()
    if settings:
        wrong += _mistakes(settings)
        for warning in _warnings(settings, time.time()):
            note(f"warning: {warning}")
    if wrong:
        raise RefusedError("\n".join(wrong))
    note("the settings are good")


def _settings() -> tuple[list[str], Settings | None]:
    """What is wrong with them, and the settings with the wrong ones left at their defaults."""
    try:
        return [], Settings()
    except ValidationError as error:
        wrong = [explain_settings(error)]
        names = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    try:
        defaults = {name: Settings.model_fields[name].default for name in names}
        return wrong, Settings(**defaults)
    except ValidationError:  # what goes together with a default of these
        return wrong, None


def _mistakes(settings: Settings) -> Iterator[str]:
    from app.cli import redis_check
    from app.stack.certificate_check import mistakes
    from app.stack.names import ServerNameError, gateway_names
    from app.stack.runtime import LONGEST_SOCKET_PATH

    try:
        gateway_names(settings.server_name)
    except ServerNameError:
        yield "SERVER_NAME: must be one host name or one IP address"
    else:
        for mistake in mistakes(settings.certs_dir, settings.server_name):
            yield f"CERTS_DIR: {mistake}"
    if not _can_write(settings.state_dir):
        yield "STATE_DIR: cannot be written by this user"
    socket = settings.gateway_socket
    if socket and len(os.fsencode(socket.absolute())) > LONGEST_SOCKET_PATH:
        yield f"GATEWAY_SOCKET: longer than {LONGEST_SOCKET_PATH} bytes, which no socket can be"
    for mistake in redis_check.mistakes(settings.redis_url.get_secret_value()):
        yield f"REDIS_URL: {mistake}"
    authority = settings.mtls_client_ca
    if authority and not os.access(authority, os.R_OK):
        yield "MTLS_CLIENT_CA: cannot be read"
    if not lacks_keys(settings):
        try:
            key_ring(settings)
        except KeyRingError as error:
            yield f"{_source_of_keys(settings)}: {error}"


def _warnings(settings: Settings, now: float) -> Iterator[str]:
    from app.cli import database_check, redis_check
    from app.stack.certificate_check import warnings

    if lacks_keys(settings):
        yield "there are no signing keys yet: keys init"
    yield from warnings(settings.certs_dir, settings.server_name, now)
    yield from database_check.warnings(settings.database_url.get_secret_value())
    yield from redis_check.warnings(settings.redis_url.get_secret_value())
    if settings.origin not in settings.origins:
        yield f"ALLOWED_ORIGINS has not {settings.origin}: the gateway's own pages cannot connect"
    if settings.limit_scale != 1:
        yield "LIMIT_SCALE is for load tests: every limit is off its default"
    yield from _slips()


def _slips() -> Iterator[str]:
    """Names in `.env` that look like a setting's and are none, and would count for nothing."""
    known = [name.upper() for name in Settings.model_fields]
    try:
        lines = ENV_FILE.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return
    for line in lines:
        name = line.partition("=")[0].removeprefix("export ").strip().upper()
        meant = difflib.get_close_matches(name, known, n=1, cutoff=LIKE)
        if meant and name not in known:
            yield f"{ENV_FILE} has {name}, which is no setting: {meant[0]}?"


def _can_write(folder: Path) -> bool:
    """Or make it, where it is not there yet."""
    nearest = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return nearest.is_dir() and os.access(nearest, os.W_OK | os.X_OK)


def _source_of_keys(settings: Settings) -> str:
    if settings.token_secret_file:
        return "TOKEN_SECRET_FILE"
    return "SIGNING_KEY_FILE" if settings.signing_key_file else "STATE_DIR"

"""Commands for the keys that sign tokens, and what all commands that issue tokens share."""

import time
from pathlib import Path
from typing import Annotated

import typer

from app.cli.audit import note_act
from app.cli.durations import seconds
from app.cli.records import records
from app.cli.report import RefusedError, note, result
from app.domain.registrar import Registrar
from app.edge.key_ring import key_ring
from app.model import wire_time
from app.settings import Settings
from app.storage.records.audit import Act
from auth.keys import create_key, prune, rotate
from auth.principal import PLATFORM, valid_tenant
from auth.tokens import TokenIssuer

Owner = Annotated[str, typer.Option("--tenant", help="The tenant it belongs to.")]
Ttl = Annotated[str, typer.Option(help="How long it lives: 15m, 12h, 30d.")]
Grace = Annotated[str, typer.Option(help="How long the former one is still good: 0s, 24h.")]


def commands(cli: typer.Typer) -> None:
    keys = typer.Typer(help="Signing keys.", no_args_is_help=True)
    keys.command("init")(init)
    keys.command("list")(list_)
    keys.command("rotate")(rotate_)
    keys.command("prune")(prune_)
    cli.add_typer(keys, name="keys")


def registrar(settings: Settings) -> Registrar:
    """For who types a command. Raise `KeyRingError` without keys."""
    issuer = TokenIssuer(key_ring(settings), settings.token_issuer)
    return Registrar(issuer, note_act, time.time())


def check_tenant(name: str, *, platform: bool = False) -> None:
    if not valid_tenant(name) and not (platform and name == PLATFORM):
        raise RefusedError(
            "a tenant's name has 1 to 63 of a-z, 0-9, - and _, and starts with a letter or digit"
        )


def own_keys(settings: Settings) -> Path:
    """The directory of the keys; raise `RefusedError` where they come from elsewhere."""
    if settings.token_secret_file or settings.signing_key_file:
        raise RefusedError("the keys come from a file of their own: change them there")
    return settings.keys_dir


def lacks_keys(settings: Settings) -> bool:
    """Whether a first run has to make one."""
    elsewhere = settings.token_secret_file or settings.signing_key_file
    return not elsewhere and not any(settings.keys_dir.glob("*.pem"))


def init() -> None:
    """Make a signing key where there is none."""
    settings = Settings()
    if lacks_keys(settings):
        result(first_key(settings))
    else:
        note("there are keys already")


def first_key(settings: Settings) -> str:
    with records(settings) as sql:
        kid = create_key(settings.keys_dir)
        note_act(sql, PLATFORM, Act.KEY_MADE, kid)
    return kid


def list_() -> None:
    """Print the keys that verify: id, and whether it signs, will sign, or verifies until when."""
    ring = key_ring(Settings())
    now = time.time()
    signs, ends = ring.signing_at(now).kid, ring.schedule.ends()
    begins = {turn.kid: turn.since for turn in ring.schedule.turns if turn.since > now}
    for kid in sorted(ring.keys):
        if kid == signs:
            state = "signs"
        elif kid in begins:
            state = f"signs from {wire_time(begins[kid] * 1000)}"
        else:
            state = f"verifies until {wire_time(ends[kid] * 1000)}" if kid in ends else "verifies"
        result(f"{kid}\t{state}")


def rotate_(
    delay: Annotated[
        str, typer.Option(help="When it begins to sign: once all who verify have read it.")
    ] = "2m",
) -> None:
    """Publish a new key, which signs from then on by itself; print its id.

    Tokens signed with the former key go on working until they end.
    """
    since = time.time() + duration(delay, "--delay")
    settings = Settings()
    kid = rotate(own_keys(settings), since)
    with records(settings) as sql:
        note_act(sql, PLATFORM, Act.KEYS_ROTATED, kid)
    result(kid)
    note(f"it signs from {wire_time(int(since) * 1000)}")


def prune_() -> None:
    """Delete the keys whose last token has ended, as a running gateway does by itself."""
    settings = Settings()
    with records(settings) as sql:
        for kid in prune(own_keys(settings), time.time()):
            note_act(sql, PLATFORM, Act.KEY_PRUNED, kid)
            result(kid)


def duration(text: str, option: str = "--ttl") -> int:
    try:
        return seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def listed(text: str) -> list[str] | None:
    return [part.strip() for part in text.split(",") if part.strip()] or None

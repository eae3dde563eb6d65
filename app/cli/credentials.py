"""Commands for tokens and the keys that sign them."""

import time
from pathlib import Path
from typing import Annotated

import typer

from app.cli.audit import note_act
from app.cli.durations import seconds
from app.cli.records import records
from app.cli.report import RefusedError, note, result
from app.edge.keys import key_ring
from app.errors import GatewayError
from app.model import wire_time
from app.protocol.topics import parse_filters
from app.settings import Settings
from app.storage.records.audit import Act
from auth.keys import create_key, prune, rotate
from auth.principal import PLATFORM, Principal, Role, valid_tenant
from auth.tokens import TokenIssuer, TokenVerifier

Tenant = Annotated[str, typer.Option(help="Whose token: a tenant's name, or * for the platform.")]
Ttl = Annotated[str, typer.Option(help="How long it lives: 15m, 12h, 30d.")]


def commands(cli: typer.Typer) -> None:
    cli.command("token")(token)
    keys = typer.Typer(help="Signing keys.", no_args_is_help=True)
    keys.command("init")(init)
    keys.command("list")(list_)
    keys.command("rotate")(rotate_)
    keys.command("prune")(prune_)
    cli.add_typer(keys, name="keys")


def token(
    role: Annotated[Role, typer.Option(help="What its bearer may do.")],
    tenant: Tenant,
    subject: Annotated[str, typer.Option(help="Who it stands for.")] = "",
    topics: Annotated[str, typer.Option(help="Only these topics: a,b or a:Maison/Bureau.")] = "",
    sensors: Annotated[str, typer.Option(help="Only these sensors: s1,s2.")] = "",
    ttl: Ttl = "15m",
) -> None:
    """Print a token, signed with the key the running gateway uses."""
    settings, name = Settings(), subject or f"{role}-cli"
    issued = issue(
        settings,
        subject=name,
        tenant=tenant,
        role=role,
        ttl=duration(ttl),
        topics=listed(topics),
        sensors=listed(sensors),
    )
    with records(settings) as sql:
        note_act(
            sql, tenant, Act.TOKEN_ISSUED, f"{role} {name} {read_own(settings, issued).token_id}"
        )
    result(issued)


def issue(
    settings: Settings,
    *,
    subject: str,
    tenant: str,
    role: Role,
    ttl: int,
    topics: list[str] | None = None,
    sensors: list[str] | None = None,
) -> str:
    """Raise `RefusedError` for claims that would not verify, `KeyRingError` without keys."""
    check_tenant(tenant, platform=role is Role.ADMIN)
    issuer = TokenIssuer(key_ring(settings), settings.token_issuer)
    try:
        parse_filters(topics or ())
        return issuer.issue(
            subject=subject,
            tenant=tenant,
            role=role,
            ttl=ttl,
            now=time.time(),
            topics=topics,
            sensors=sensors,
        )
    except (ValueError, GatewayError) as error:
        raise RefusedError(str(error)) from error


def read_own(settings: Settings, token: str) -> Principal:
    """What a token made here says of itself."""
    verifier = TokenVerifier(key_ring(settings), settings.token_issuer)
    return verifier.verify(token, time.time())


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
    directory = own_keys(Settings())
    if lacks_keys(Settings()):
        result(create_key(directory))
    else:
        note(f"there are keys in {directory}")


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
    for kid in prune(own_keys(Settings()), time.time()):
        result(kid)


def duration(text: str, option: str = "--ttl") -> int:
    try:
        return seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def listed(text: str) -> list[str] | None:
    return [part.strip() for part in text.split(",") if part.strip()] or None

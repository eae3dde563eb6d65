"""Commands for tokens and the keys that sign them."""

import time
from typing import Annotated

import typer

from app.cli.durations import seconds
from app.cli.report import RefusedError, note, result
from app.errors import GatewayError
from app.protocol.topics import parse_filters
from app.settings import Settings
from auth.keys import KeyRing, create_key, rotate
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
    result(
        issue(
            Settings(),
            subject=subject or f"{role}-cli",
            tenant=tenant,
            role=role,
            ttl=duration(ttl),
            topics=listed(topics),
            sensors=listed(sensors),
        )
    )


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
    issuer = TokenIssuer(KeyRing.load(settings.keys_dir), settings.token_issuer)
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
    verifier = TokenVerifier(KeyRing.load(settings.keys_dir), settings.token_issuer)
    return verifier.verify(token, time.time())


def check_tenant(name: str, *, platform: bool = False) -> None:
    if not valid_tenant(name) and not (platform and name == PLATFORM):
        raise RefusedError(
            "a tenant's name has 1 to 63 of a-z, 0-9, - and _, and starts with a letter or digit"
        )


def init() -> None:
    """Make a signing key where there is none."""
    directory = Settings().keys_dir
    if any(directory.glob("*.pem")):
        note(f"there are keys in {directory}")
    else:
        result(create_key(directory))


def list_() -> None:
    """Print the ids of the keys that verify; the one that signs is marked."""
    ring = KeyRing.load(Settings().keys_dir)
    for kid in sorted(ring.keys):
        result(f"{kid} signs" if kid == ring.signing.kid else kid)


def rotate_() -> None:
    """Make a new key and sign with it; tokens signed with the former ones go on working."""
    result(rotate(Settings().keys_dir))


def duration(text: str) -> int:
    try:
        return seconds(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--ttl") from error


def listed(text: str) -> list[str] | None:
    return [part.strip() for part in text.split(",") if part.strip()] or None

"""Commands for tokens, and for services, which live by one."""

import time
from typing import Annotated

import typer

from app.cli.credentials import (
    Grace,
    Owner,
    Ttl,
    check_tenant,
    duration,
    listed,
    registrar,
)
from app.cli.records import records
from app.cli.report import RefusedError, note, result
from app.model import wire_time
from app.settings import Settings
from app.storage.records import tokens
from app.storage.records.tokens import Token
from auth.principal import Role

Tenant = Annotated[str, typer.Option(help="Whose token: a tenant's name, or * for the platform.")]
Topics = Annotated[str, typer.Option(help="Only these topics: a,b or a:Maison/Bureau.")]
Sensors = Annotated[str, typer.Option(help="Only these sensors: s1,s2.")]
TokenId = Annotated[str, typer.Argument(metavar="ID", help="The token's own name, its jti.")]
ServiceName = Annotated[str, typer.Argument(metavar="NAME", help="The service's name.")]


def commands(cli: typer.Typer) -> None:
    token = typer.Typer(help="Tokens: print one, list and revoke those that were given out.")
    token.callback(invoke_without_command=True)(issue)
    token.command("list")(list_)
    token.command("revoke")(revoke)
    cli.add_typer(token, name="token")
    service = typer.Typer(help="Services: tokens that publish.", no_args_is_help=True)
    service.command("add")(add_service)
    service.command("list")(list_services)
    service.command("rotate")(rotate_service)
    service.command("revoke")(revoke_service)
    cli.add_typer(service, name="service")


def issue(
    context: typer.Context,
    role: Annotated[Role | None, typer.Option(help="What its bearer may do.")] = None,
    tenant: Tenant = "",
    subject: Annotated[str, typer.Option(help="Who it stands for.")] = "",
    topics: Topics = "",
    sensors: Sensors = "",
    ttl: Ttl = "15m",
) -> None:
    """Print a token, signed with the key the running gateway uses."""
    if context.invoked_subcommand is not None:
        return
    if role is None or not tenant:
        raise typer.BadParameter("--role and --tenant are needed", context)
    print_token(tenant, role, subject or f"{role}-cli", ttl, topics, sensors)


def print_token(
    tenant: str, role: Role, subject: str, ttl: str, topics: str = "", sensors: str = ""
) -> None:
    check_tenant(tenant, platform=role is Role.ADMIN)
    settings, life = Settings(), duration(ttl)
    with records(settings) as sql:
        issued = registrar(settings).issue(
            sql,
            tenant=tenant,
            role=role,
            subject=subject,
            ttl=life,
            topics=listed(topics),
            sensors=listed(sensors),
        )
    result(issued.token)


def list_(
    tenant: Tenant,
    role: Annotated[Role | None, typer.Option(help="Only tokens of this role.")] = None,
) -> None:
    """Print a tenant's tokens, the newest first: id, role, subject, since when, end, state,
    last use, last address, clock offset in ms (-: none).
    """
    now = time.time()
    with records(Settings()) as sql:
        for token in tokens.listed(sql, tenant, role):
            result(_line(token, now))


def revoke(token_id: TokenId, tenant: Tenant) -> None:
    """Refuse a token from now on."""
    settings = Settings()
    with records(settings) as sql:
        registrar(settings).revoke(sql, tenant, token_id)
    note(f"token {token_id} revoked")


def add_service(
    name: ServiceName,
    tenant: Owner,
    topics: Topics = "",
    sensors: Sensors = "",
    ttl: Ttl = "365d",
) -> None:
    """Print a token for a service, which is shown this once."""
    print_token(tenant, Role.SERVICE, name, ttl, topics, sensors)


def list_services(tenant: Owner) -> None:
    """Print the tokens of a tenant's services, as `token list` does."""
    list_(tenant, Role.SERVICE)


def rotate_service(name: ServiceName, tenant: Owner, grace: Grace = "24h") -> None:
    """Print a new token for a service; its newest one until now is good for the grace."""
    settings, seconds = Settings(), duration(grace, "--grace")
    with records(settings) as sql:
        by = registrar(settings)
        living = _living(tokens.of_subject(sql, tenant, Role.SERVICE, name), by.now)
        issued = by.rotate(sql, living[0], seconds)
    result(issued.token)


def revoke_service(name: ServiceName, tenant: Owner) -> None:
    """Refuse all tokens of a service from now on."""
    settings = Settings()
    with records(settings) as sql:
        by = registrar(settings)
        for token in _living(tokens.of_subject(sql, tenant, Role.SERVICE, name), by.now):
            by.revoke(sql, tenant, token.principal.token_id)
    note(f"service {name} revoked")


def _living(found: list[Token], now: float) -> list[Token]:
    living = [token for token in found if token.ends_at > now]
    if not living:
        raise RefusedError("the tenant has no such service, or all its tokens have ended")
    return living


def _line(token: Token, now: float) -> str:
    principal, used = token.principal, token.used
    state = "active" if now < token.ends_at else "ended"
    if token.ends_at < min(now, principal.expires_at):
        state = "revoked"
    use = ("-", "-", "-")
    if used is not None:
        skew = "-" if used.skew_ms is None else str(used.skew_ms)
        use = (wire_time(used.at * 1000), used.address, skew)
    times = (wire_time(principal.issued_at * 1000), wire_time(token.ends_at * 1000))
    return "\t".join((principal.token_id, principal.role, principal.subject, *times, state, *use))

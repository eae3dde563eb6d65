"""Commands for tenants."""

from typing import Annotated

import typer

from app.cli.audit import note_act
from app.cli.credentials import check_tenant
from app.cli.records import now_ms, records
from app.cli.report import note, result
from app.model import wire_time
from app.settings import Settings
from app.storage.records import tenants
from app.storage.records.audit import Act

Name = Annotated[str, typer.Argument(help="The tenant's name.")]
Days = Annotated[int | None, typer.Option(min=0, max=36_500, help="Days; 0: for ever.")]


def commands(cli: typer.Typer) -> None:
    tenant = typer.Typer(help="Tenants: each sees only its own.", no_args_is_help=True)
    tenant.command("add")(add_tenant)
    tenant.command("list")(list_tenants)
    tenant.command("disable")(disable)
    tenant.command("enable")(enable)
    tenant.command("retention")(retention)
    cli.add_typer(tenant, name="tenant")


def add_tenant(name: Name) -> None:
    """Make a tenant."""
    check_tenant(name)
    with records(Settings()) as sql:
        tenants.add(sql, name, now_ms())
        note_act(sql, name, Act.TENANT_ADDED, name)
    note(f"tenant {name} added")


def list_tenants() -> None:
    """Print the tenants: name, since when, state, days of raw, hourly and daily (-: default)."""
    with records(Settings()) as sql:
        for tenant in tenants.listed(sql):
            state = "disabled" if tenant.disabled else "active"
            kept = (tenant.raw_days, tenant.hourly_days, tenant.daily_days)
            days = "\t".join("-" if each is None else str(each) for each in kept)
            result(f"{tenant.name}\t{wire_time(tenant.created_ms)}\t{state}\t{days}")


def disable(name: Name) -> None:
    """Refuse a tenant's tokens and close its sockets, within two seconds."""
    _switch(name, disabled=True)


def enable(name: Name) -> None:
    """Let a disabled tenant in again."""
    _switch(name, disabled=False)


def retention(name: Name, raw: Days = None, hourly: Days = None, daily: Days = None) -> None:
    """Let go of a tenant's past after so many days; what is left out is the gateway's default.

    A running gateway begins within a minute. Means are kept at least as long as what they are of.
    """
    with records(Settings()) as sql:
        tenants.retain(sql, name, raw, hourly, daily)
        note_act(sql, name, Act.TENANT_RETENTION, name)
    note(f"tenant {name} keeps what it is told to")


def _switch(name: str, *, disabled: bool) -> None:
    with records(Settings()) as sql:
        tenants.disable(sql, name, disabled=disabled)
        act = Act.TENANT_DISABLED if disabled else Act.TENANT_ENABLED
        note_act(sql, name, act, name)
    note(f"tenant {name} {'disabled' if disabled else 'enabled'}")

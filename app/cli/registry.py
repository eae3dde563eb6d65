"""Commands for tenants and devices."""

from typing import Annotated

import typer

from app.cli.audit import note_act
from app.cli.credentials import Ttl, check_tenant, duration, issue, listed, read_own
from app.cli.records import now_ms, records
from app.cli.report import RefusedError, note, result
from app.model import wire_time
from app.settings import Settings
from app.storage.records import devices, tenants
from app.storage.records.audit import Act
from app.storage.records.devices import Device
from auth.principal import Role

Name = Annotated[str, typer.Argument(help="The tenant's name.")]
Owner = Annotated[str, typer.Option("--tenant", help="The tenant it belongs to.")]
Days = Annotated[int | None, typer.Option(min=0, max=36_500, help="Days; 0: for ever.")]
DeviceName = Annotated[str, typer.Argument(help="The device's name, unique in its tenant.")]


def commands(cli: typer.Typer) -> None:
    tenant = typer.Typer(help="Tenants: each sees only its own.", no_args_is_help=True)
    tenant.command("add")(add_tenant)
    tenant.command("list")(list_tenants)
    tenant.command("disable")(disable)
    tenant.command("enable")(enable)
    tenant.command("retention")(retention)
    cli.add_typer(tenant, name="tenant")
    device = typer.Typer(help="Devices: long-lived tokens that can be revoked.")
    device.command("add")(add_device)
    device.command("list")(list_devices)
    device.command("revoke")(revoke)
    cli.add_typer(device, name="device")


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


def add_device(
    name: DeviceName,
    tenant: Owner,
    sensors: Annotated[str, typer.Option(help="The sensors it sends for: s1,s2.")],
    ttl: Ttl = "365d",
) -> None:
    """Register a device and print its token, which is shown this once."""
    settings = Settings()
    named = listed(sensors) or []
    if not named:
        raise RefusedError("a device sends for at least one sensor")
    token = issue(
        settings, subject=name, tenant=tenant, role=Role.DEVICE, ttl=duration(ttl), sensors=named
    )
    principal = read_own(settings, token)
    device = Device(
        tenant=tenant,
        name=name,
        sensors=tuple(named),
        token_id=principal.token_id,
        expires_at=principal.expires_at,
        created_ms=now_ms(),
        revoked=False,
    )
    with records(settings) as sql:
        devices.add(sql, device)
        note_act(sql, tenant, Act.DEVICE_ADDED, name)
    result(token)


def list_devices(tenant: Owner) -> None:
    """Print a tenant's devices: name, sensors, the token's end, state."""
    with records(Settings()) as sql:
        for device in devices.listed(sql, tenant):
            state = "revoked" if device.revoked else "active"
            ends = wire_time(device.expires_at * 1000)
            result(f"{device.name}\t{','.join(device.sensors)}\t{ends}\t{state}")


def revoke(name: DeviceName, tenant: Owner) -> None:
    """Refuse a device's token from now on."""
    with records(Settings()) as sql:
        devices.revoke(sql, tenant, name)
        note_act(sql, tenant, Act.DEVICE_REVOKED, name)
    note(f"device {name} revoked")


def _switch(name: str, *, disabled: bool) -> None:
    with records(Settings()) as sql:
        tenants.disable(sql, name, disabled=disabled)
        act = Act.TENANT_DISABLED if disabled else Act.TENANT_ENABLED
        note_act(sql, name, act, name)
    note(f"tenant {name} {'disabled' if disabled else 'enabled'}")

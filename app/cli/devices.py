"""Commands for devices."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from app.cli.credentials import Grace, Owner, Ttl, check_tenant, duration, listed, registrar
from app.cli.records import now_ms, records
from app.cli.report import RefusedError, note, result
from app.domain import certificates, claims
from app.domain import devices as domain
from app.settings import Settings
from app.storage.records import devices
from app.storage.records.devices import Device
from auth.claim_codes import qr_text

DeviceId = Annotated[str, typer.Argument(metavar="ID", help="The device, unique in its tenant.")]
Sensors = Annotated[str, typer.Option(help="The sensors it sends for: s1,s2.")]
Enseigne = Annotated[str, typer.Option(help="The site it is at.")]
Salle = Annotated[str, typer.Option(help="The room it is in.")]
Interval = Annotated[
    int | None, typer.Option(min=1, max=604_800, help="Seconds in which a sensor should send.")
]


def commands(cli: typer.Typer) -> None:
    device = typer.Typer(
        help="Devices: what they send for, and their tokens.", no_args_is_help=True
    )
    device.command("add")(add)
    device.command("list")(list_)
    device.command("change")(change)
    device.command("rotate")(rotate)
    device.command("certificate")(certificate)
    device.command("claim-code")(claim_code)
    device.command("revoke")(revoke)
    device.command("disable")(disable)
    device.command("enable")(enable)
    cli.add_typer(device, name="device")


def add(
    name: DeviceId,
    tenant: Owner,
    sensors: Sensors,
    enseigne: Enseigne = "",
    salle: Salle = "",
    interval: Interval = None,
    ttl: Ttl = "365d",
    claim: Annotated[
        bool, typer.Option("--claim", help="Print a claim code instead, which it brings itself.")
    ] = False,
) -> None:
    """Register a device and print its token, which is shown this once."""
    check_tenant(tenant)
    settings, life = Settings(), duration(ttl)
    device = Device(
        tenant=tenant,
        id=name,
        sensors=tuple(listed(sensors) or ()),
        created_ms=now_ms(),
        enseigne=enseigne or None,
        salle=salle or None,
        interval=interval,
    )
    with records(settings) as sql:
        by = registrar(settings)
        domain.register(by, sql, device)
        if claim:
            given = claims.make(by, sql, tenant, name, ttl=life).text
        else:
            given = domain.issue(by, sql, device, life).token
    result(given)


def change(
    name: DeviceId,
    tenant: Owner,
    sensors: Sensors = "",
    enseigne: Enseigne = "",
    salle: Salle = "",
    interval: Interval = None,
) -> None:
    """Say what a device sends for now, or where it is; what is left out stays.

    Its next token names the new sensors.
    """
    settings = Settings()
    with records(settings) as sql:
        was = devices.find(sql, tenant, name)
        changed = replace(
            was,
            sensors=tuple(listed(sensors) or was.sensors),
            enseigne=enseigne or was.enseigne,
            salle=salle or was.salle,
            interval=interval or was.interval,
        )
        domain.change(registrar(settings), sql, changed)
    note(f"device {name} changed")


def list_(tenant: Owner) -> None:
    """Print a tenant's devices: id, sensors, site, room, interval in seconds (-: none), state."""
    with records(Settings()) as sql:
        for device in devices.listed(sql, tenant):
            place = (device.enseigne or "-", device.salle or "-", str(device.interval or "-"))
            state = "disabled" if device.disabled else "active"
            result("\t".join((device.id, ",".join(device.sensors), *place, state)))


def rotate(name: DeviceId, tenant: Owner, grace: Grace = "24h", ttl: Ttl = "365d") -> None:
    """Print a new token for a device; those that it has are good for the grace."""
    settings, life = Settings(), duration(ttl)
    seconds = duration(grace, "--grace")
    with records(settings) as sql:
        issued = domain.rotate(registrar(settings), sql, tenant, name, grace=seconds, ttl=life)
    result(issued.token)


def claim_code(
    name: DeviceId,
    tenant: Owner,
    life: Annotated[str, typer.Option(help="How long it is good for, once: 15m, 24h.")] = "24h",
    ttl: Ttl = "365d",
) -> None:
    """Print a claim code for a device, which is shown this once; a former one is void."""
    settings, token_life, seconds = Settings(), duration(ttl), duration(life, "--life")
    with records(settings) as sql:
        by = registrar(settings)
        code = claims.make(by, sql, tenant, name, life=seconds, ttl=token_life)
    result(code.text)
    note(f"as a QR code: {qr_text(code.text, settings.origin)}")


def certificate(
    name: DeviceId,
    file: Annotated[Path, typer.Argument(help="Its client certificate, in PEM.")],
    tenant: Owner,
) -> None:
    """Take a client certificate for a device; print by what id it is listed and revoked."""
    settings = Settings()
    try:
        pem = file.read_text(encoding="ascii")
    except (OSError, ValueError) as error:
        raise RefusedError("the file cannot be read, or is no PEM") from error
    with records(settings) as sql:
        holder = certificates.add(registrar(settings), sql, tenant, name, pem)
    result(holder.token_id)


def revoke(name: DeviceId, tenant: Owner) -> None:
    """Refuse all that a device was given from now on; `rotate` gives it something new."""
    settings = Settings()
    with records(settings) as sql:
        domain.revoke(registrar(settings), sql, tenant, name)
    note(f"device {name} revoked")


def disable(name: DeviceId, tenant: Owner) -> None:
    """Refuse all that a device was given, until it is enabled."""
    _switch(name, tenant, disabled=True)


def enable(name: DeviceId, tenant: Owner) -> None:
    """Take what a device was given again."""
    _switch(name, tenant, disabled=False)


def _switch(name: str, tenant: str, *, disabled: bool) -> None:
    settings = Settings()
    with records(settings) as sql:
        switched = replace(devices.find(sql, tenant, name), disabled=disabled)
        domain.change(registrar(settings), sql, switched)
    note(f"device {name} {'disabled' if disabled else 'enabled'}")

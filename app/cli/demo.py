"""`demo`: simulated rooms or a recording, sent through the real API with tokens of their own."""

import asyncio
import signal
import ssl
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from app.cli.credentials import check_tenant, registrar
from app.cli.records import now_ms, records
from app.cli.report import RefusedError, note
from app.domain import devices
from app.errors import ConflictError
from app.settings import Settings
from app.storage.records.devices import Device
from auth.principal import Role

if TYPE_CHECKING:
    from app.demo.replay import Summary

TENANT, DEVICE = "demo", "demo-device"
TOKEN_TTL = 30 * 86_400

T = TypeVar("T")


def demo(
    csv: Annotated[Path | None, typer.Option(help="Replay this recording instead.")] = None,
    map: Annotated[str, typer.Option(help="Its columns: CO2=co2__ppm,…")] = "",  # noqa: A002  (the option's name)
    speed: Annotated[
        float | None,
        typer.Option(min=0.001, help="Times its own pace; else as fast as the limits allow."),
    ] = None,
    shift: Annotated[bool, typer.Option(help="Move its times so that it ends now.")] = False,
    zone: Annotated[str, typer.Option(help="Of times without one: Europe/Brussels.")] = "",
    enseigne: Annotated[str, typer.Option(help="Site of the recording.")] = "Replay",
    salle: Annotated[str, typer.Option(help="Room; default: the file's name.")] = "",
    sensor: Annotated[str, typer.Option(help="Sensor; default: the file's name.")] = "",
    refused: Annotated[
        Path | None, typer.Option(help="List each row that was refused or skipped here, as CSV.")
    ] = None,
    tenant: Annotated[str, typer.Option(help="Whose data it becomes.")] = TENANT,
    interval: Annotated[float, typer.Option(help="Seconds between simulated readings.")] = 3.0,
) -> None:
    """Feed the gateway until interrupted, or replay a recording and say what became of it."""
    from iaqverse.wire import Place

    from app.demo.columns import RecordingError
    from app.demo.replay import run_replay

    settings = Settings()
    if csv is None:
        _simulate(settings, tenant, interval)
        return
    trust = _trust(settings)
    device = _token(settings, tenant, Role.DEVICE)
    place = Place(enseigne, salle or csv.stem, sensor or csv.stem)
    times_in = _zone(zone)
    try:
        summary = _run(
            lambda stop: run_replay(
                base_url=settings.origin,
                verify=trust,
                token=device,
                path=csv,
                place=place,
                stop=stop,
                tell=note,
                wanted=map or None,
                zone=times_in,
                speed=speed,
                shift=shift,
            )
        )
    except (RecordingError, OSError) as error:
        raise RefusedError(str(error)) from error
    _account_for(summary, refused)
    if summary.ended:
        raise RefusedError(summary.ended)


def _simulate(settings: Settings, tenant: str, interval: float) -> None:
    from app.demo.feed import run_feed

    trust = _trust(settings)
    device = demo_device(settings, tenant)
    service = _token(settings, tenant, Role.SERVICE)
    _run(
        lambda stop: run_feed(
            base_url=settings.origin,
            verify=trust,
            device_token=device,
            service_token=service,
            interval=interval,
            stop=stop,
            tell=note,
            mark=settings.state_dir / f"demo-{tenant}",
        )
    )


def _account_for(summary: "Summary", refused: Path | None) -> None:
    from app.demo.refusals import shown, write

    for line in (*shown(summary.refusals), *summary.lines()):
        note(line)
    if refused is not None:
        try:
            write(refused, summary.refusals)
        except OSError as error:
            raise RefusedError(f"--refused: {error}") from error


def _run(work: Callable[[asyncio.Event], Coroutine[None, None, T]]) -> T:
    async def until_signal() -> T:
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        return await work(stop)

    return asyncio.run(until_signal())


def demo_device(settings: Settings, tenant: str) -> str:
    """A new token of the device that measures all simulated rooms, registered like any other."""
    from app.demo.rooms import DEMO_SENSORS

    check_tenant(tenant)
    by, device = registrar(settings), Device(tenant, DEVICE, DEMO_SENSORS, now_ms())
    with records(settings) as sql, suppress(ConflictError):
        devices.register(by, sql, device)
    with records(settings) as sql:
        return devices.rotate(by, sql, tenant, DEVICE, grace=0, ttl=TOKEN_TTL).token


def _token(settings: Settings, tenant: str, role: Role) -> str:
    check_tenant(tenant)
    issued = registrar(settings).sign(
        tenant=tenant, role=role, subject=f"demo-{role}", ttl=TOKEN_TTL
    )
    return issued.token


def _trust(settings: Settings) -> ssl.SSLContext:
    """The development authority where there is one, else the system's."""
    authority = settings.certs_dir / "ca.crt"
    return ssl.create_default_context(cafile=authority if authority.exists() else None)


def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise RefusedError("--zone: no such time zone") from error

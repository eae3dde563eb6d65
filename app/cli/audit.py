"""What commands do goes into the audit; `audit` reads it."""

import getpass
from typing import Annotated

import typer

from app.cli.records import now_ms, records
from app.cli.report import result
from app.model import wire_time
from app.settings import Settings
from app.storage.records import audit
from app.storage.records.audit import Act, Entry
from app.storage.sql import Sql


def commands(cli: typer.Typer) -> None:
    cli.command("audit")(read)


def read(
    tenant: Annotated[str, typer.Option(help="Only this tenant's; * for the platform's.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="The newest so many.")] = 100,
) -> None:
    """Print who did what, when and from where, the oldest first."""
    with records(Settings()) as sql:
        page = audit.page(sql, tenant or None, None, limit)
    for entry in reversed(page.entries):
        what = (entry.tenant, entry.act, entry.actor, entry.target, entry.address)
        result("\t".join((wire_time(entry.at_ms), *what, str(entry.times))))


def note_act(sql: Sql, tenant: str, act: Act, target: str) -> None:
    """In the transaction of the act itself."""
    audit.write(sql, Entry(tenant, now_ms(), act, typist(), target, "cli"))


def typist() -> str:
    """Who types, as the machine knows them; empty where it does not."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return ""  # a container's user without a name

"""`revoke`: out with a token, or with all that somebody or something holds."""

import time
from typing import Annotated

import typer

from app.cli.audit import note_act
from app.cli.credentials import Owner, check_tenant
from app.cli.records import records
from app.cli.report import note
from app.domain.revoking import ACTS, Revoked
from app.domain.revoking import revoke as revoke_in
from app.settings import Settings

What = Annotated[Revoked, typer.Argument(help="A token by its id, or a subject of that kind.")]
Name = Annotated[str, typer.Argument(help="The token's jti, or the subject that it speaks for.")]


def commands(cli: typer.Typer) -> None:
    cli.command("revoke")(revoke)


def revoke(what: What, name: Name, tenant: Owner) -> None:
    """Refuse what was issued until now and close its sockets, within two seconds.

    It need not be registered here: an identity provider's person is written `oidc:NAME`.
    """
    check_tenant(tenant, platform=True)
    with records(Settings()) as sql:
        revoke_in(sql, tenant, what, name, int(time.time()))
        note_act(sql, tenant, ACTS[what], name)
    note(f"{what} {name} revoked")

"""Commands for live connections: they ask a gateway that runs on this machine."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx2
import typer

from app.cli.audit import typist
from app.cli.report import RefusedError, note, result
from app.edge.key_ring import key_ring
from app.settings import Settings
from auth.principal import PLATFORM, Role
from auth.tokens import TokenIssuer

LIFE = 60
"""Seconds that the token lives with which a command asks."""

Owner = Annotated[str, typer.Option("--tenant", help="Only this tenant's.")]
Name = Annotated[str, typer.Argument(metavar="ID", help="As `connection list` prints it.")]


def commands(cli: typer.Typer) -> None:
    connection = typer.Typer(help="Who is connected to the gateway.", no_args_is_help=True)
    connection.command("list")(list_)
    connection.command("closed")(closed)
    connection.command("kick")(kick)
    cli.add_typer(connection, name="connection")


def list_(tenant: Owner = "") -> None:
    """Print the live connections.

    Id, tenant, subject, role, address, since, messages and bytes sent, lagging or current, round
    trip in ms (-: unknown), topics.
    """
    asked: dict[str, str] | None = _of(tenant)
    with _gateway() as http:
        while asked is not None:
            page = _answer(http.get("/api/admin/connections", params=asked)).json()
            for each in page["connections"]:
                result(_line(each))
            asked = {**asked, "after": page["after"]} if page["after"] else None


def closed(tenant: Owner = "") -> None:
    """Print why the last hundred closed, the oldest first.

    When, code, reason, id, tenant, subject, role, address, since.
    """
    with _gateway() as http:
        ended = _answer(http.get("/api/admin/connections/closed", params=_of(tenant))).json()
    members = ("at", "code", "reason", "id", "tenant", "subject", "role", "address", "since")
    for each in reversed(ended["closed"]):
        result("\t".join(str(each[member]) for member in members))


def kick(name: Name) -> None:
    """Close a connection; its client stops until somebody starts it again.

    Whoever may come in can come back: revoke or disable to keep somebody out.
    """
    with _gateway() as http:
        _answer(http.delete(f"/api/admin/connections/{name}"))
    note(f"connection {name} closed")


def _of(tenant: str) -> dict[str, str]:
    return {"tenant": tenant} if tenant else {}


def _line(each: dict[str, Any]) -> str:
    names = ("id", "tenant", "subject", "role", "address", "since", "messages", "bytes")
    state = "lagging" if each["lagging"] else "current"
    trip = "-" if each["round_trip_ms"] is None else each["round_trip_ms"]
    told = [each[name] for name in names]
    return "\t".join(str(one) for one in (*told, state, trip, ",".join(each["topics"])))


@contextmanager
def _gateway() -> Iterator[httpx2.Client]:
    """The first of this machine that answers, by its own socket: it speaks for the others.

    Raise `RefusedError` where none runs.
    """
    settings = Settings()
    path = settings.socket_path
    headers = {"Authorization": f"Bearer {_token(settings)}", "X-Forwarded-For": "127.0.0.1"}
    for socket in sorted(path.parent.glob(f"{path.stem}*{path.suffix}")):  # numbered for several
        transport = httpx2.HTTPTransport(uds=str(socket))
        with httpx2.Client(transport=transport, base_url="http://gateway", headers=headers) as http:
            if _answers(http):
                yield http
                return
    raise RefusedError(f"no gateway answers on {path}")


def _answers(http: httpx2.Client) -> bool:
    """One that is gone leaves its socket behind."""
    try:
        return http.get("/health/live").is_success
    except httpx2.TransportError:
        return False


def _token(settings: Settings) -> str:
    issuer = TokenIssuer(key_ring(settings), settings.token_issuer)
    return issuer.issue(
        subject=typist() or "cli", tenant=PLATFORM, role=Role.ADMIN, ttl=LIFE, now=time.time()
    )


def _answer(answer: httpx2.Response) -> httpx2.Response:
    if answer.is_error:
        raise RefusedError(answer.json()["error"]["message"])
    return answer

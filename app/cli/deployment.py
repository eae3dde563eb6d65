"""Commands that run things: the gateway, the whole stack, certificates."""

import asyncio
import os
import secrets
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer
import uvloop

from app.cli import demo
from app.cli.credentials import first_key, lacks_keys
from app.cli.exclusive import exclusive
from app.cli.records import now_ms, records
from app.cli.report import RefusedError, note, result
from app.errors import ConflictError
from app.settings import Settings
from app.storage.records import tenants, users
from app.storage.records.users import User
from auth.login import Login
from auth.passwords import hash_password
from auth.principal import PLATFORM, Role

DEMO_TENANT = demo.TENANT
DEMO_USER = Login(DEMO_TENANT, "demo")
OPERATOR = Login(PLATFORM, "ops")


def commands(cli: typer.Typer) -> None:
    cli.command("serve")(serve)
    cli.command("up")(up)
    cli.command("certs")(certs)
    cli.command("nginx")(nginx)
    cli.command("demo")(demo.demo)


def serve(
    tcp: Annotated[
        str, typer.Option(help="HOST:PORT instead of the unix socket; without nginx: no TLS.")
    ] = "",
    workers: Annotated[
        int | None, typer.Option(help="Gateways that share the work, in place of WORKERS.")
    ] = None,
) -> None:
    """Run the gateway alone, on the unix socket where nginx finds it.

    Several workers have a socket each (gateway-1.sock, …). SIGHUP replaces them one by one.
    """
    from app import logs

    settings = Settings() if workers is None else Settings(workers=workers)
    logs.configure(settings.log_level, sys.stdout)
    if settings.workers == 1:
        _serve_alone(settings, tcp)
    elif tcp:
        raise typer.BadParameter("several workers have unix sockets", param_hint="--tcp")
    else:
        _serve_together(settings)


def _serve_together(settings: Settings) -> None:
    from app.stack.errors import StackError
    from app.stack.workers import run_workers, sockets

    try:
        asyncio.run(run_workers(sockets(settings.socket_path, settings.workers), os.environ))
    except StackError as error:
        raise RefusedError(str(error)) from error


def _serve_alone(settings: Settings, tcp: str) -> None:
    from app.server import serve_until_signal, tcp_listener, unix_listener

    with exclusive(settings.state_dir, shared=bool(settings.database_url)):
        try:
            listener = tcp_listener(tcp) if tcp else unix_listener(settings.socket_path)
        except (ValueError, OverflowError) as error:
            raise typer.BadParameter(
                "HOST:PORT, like 127.0.0.1:8000", param_hint="--tcp"
            ) from error
        except OSError as error:
            raise RefusedError(f"cannot listen there: {error.strerror or error}") from error
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(serve_until_signal(settings, listener))


def up(
    feed: Annotated[bool, typer.Option("--demo/--no-demo", help="Simulated rooms.")] = True,
) -> None:
    """Run nginx, the gateway and the demo together, and make what they need."""
    from app.stack.supervisor import run_stack

    raise typer.Exit(run_stack(Settings(), demo=feed, prepare=prepare))


def prepare(settings: Settings) -> list[str]:
    """What a first run needs: a key, a demo tenant, a user and an operator. Says how to sign in."""
    if lacks_keys(settings):
        first_key(settings)
    with records(settings) as sql, suppress(ConflictError):
        tenants.add(sql, DEMO_TENANT, now_ms())
    first = {
        who: _first_password(settings, who, role)
        for who, role in ((DEMO_USER, Role.DASHBOARD), (OPERATOR, Role.ADMIN))
    }
    lines = [_sign_in(who, password) for who, password in first.items()]
    if None in first.values():
        lines.append("For another password:  .venv/bin/python -m app user password NAME")
    return lines


def _first_password(settings: Settings, who: Login, role: Role) -> str | None:
    """Make the account; None where there is one."""
    password = secrets.token_urlsafe(12)
    user = User(who, role, None, None, hash_password(password), now_ms())
    try:
        with records(settings) as sql:
            users.add(sql, user)
    except ConflictError:
        return None
    return password


def _sign_in(who: Login, password: str | None) -> str:
    page = "admin.html" if who == OPERATOR else "the dashboard"
    if password is None:
        return f"Sign in as {who} for {page}, with the password that the first run showed."
    return f"Sign in as {who} for {page}, with the password  {password}  (shown this once)"


def certs() -> None:
    """Make or renew the development authority and certificate; print the authority's path."""
    from app.stack import certificates
    from app.stack.names import gateway_names

    settings = Settings()
    made = certificates.ensure(settings.certs_dir, gateway_names(settings.server_name), time.time())
    note("certificate written" if made.changed else "the certificate serves as it is")
    result(str(made.authority or made.chain))


def nginx(
    folder: Annotated[Path, typer.Argument(help="Where it goes.")],
    container: Annotated[
        bool, typer.Option("--container", help="For a container; else for a machine with systemd.")
    ] = False,
) -> None:
    """Write nginx's configuration for these settings, and a certificate where there is none."""
    from app.stack.certificates import CertificateError
    from app.stack.deploy import deploy
    from app.stack.names import ServerNameError
    from app.stack.nginx_config import UnusablePathError

    try:
        deploy(Settings(), folder, container=container)
    except (CertificateError, ServerNameError, UnusablePathError) as error:
        raise RefusedError(str(error)) from error

"""Commands for people's accounts."""

import getpass
import sys
import time
from typing import Annotated

import typer

from app.cli.audit import note_act
from app.cli.credentials import check_tenant, listed
from app.cli.records import now_ms, records
from app.cli.report import RefusedError, note, result
from app.domain.people import check
from app.model import wire_time
from app.settings import Settings
from app.storage.records import users
from app.storage.records.audit import Act
from app.storage.records.users import User
from auth.login import Login, parse
from auth.passwords import WeakPasswordError, check_strength, hash_password
from auth.principal import PLATFORM, Role

Who = Annotated[str, typer.Argument(metavar="NAME@TENANT", help="The user and the tenant.")]
Owner = Annotated[str, typer.Option("--tenant", help="Whose users; * for the platform's.")]


def commands(cli: typer.Typer) -> None:
    user = typer.Typer(help="People, who sign in with a password.", no_args_is_help=True)
    user.command("add")(add)
    user.command("list")(list_)
    user.command("disable")(disable)
    user.command("enable")(enable)
    user.command("password")(password)
    user.command("sign-out")(sign_out)
    cli.add_typer(user, name="user")


def add(
    who: Who,
    role: Annotated[Role, typer.Option(help="dashboard or admin.")] = Role.DASHBOARD,
    topics: Annotated[str, typer.Option(help="Only these topics: a,b or a:Maison/Bureau.")] = "",
    sensors: Annotated[str, typer.Option(help="Only these sensors: s1,s2.")] = "",
) -> None:
    """Make an account; its password is asked for, or read from the first line of stdin."""
    new = check(
        User(
            login=login(who),
            role=role,
            topics=_tuple(topics),
            sensors=_tuple(sensors),
            password=hash_password(_ask_password()),
            created_ms=now_ms(),
        )
    )
    with records(Settings()) as sql:
        users.add(sql, new)
        note_act(sql, new.login.tenant, Act.USER_ADDED, new.login.name)
    note(f"user {new.login} added")


def _tuple(text: str) -> tuple[str, ...] | None:
    names = listed(text)
    return None if names is None else tuple(names)


def list_(tenant: Owner) -> None:
    """Print a tenant's users: name, role, since when, state."""
    check_tenant(tenant, platform=True)
    with records(Settings()) as sql:
        for user in users.listed(sql, tenant):
            state = "disabled" if user.disabled else "active"
            result(f"{user.login}\t{user.role}\t{wire_time(user.created_ms)}\t{state}")


def disable(who: Who) -> None:
    """End all that a user is signed in to, within two seconds, and let nobody sign in."""
    _switch(login(who), disabled=True)


def enable(who: Who) -> None:
    """Let a disabled user sign in again."""
    _switch(login(who), disabled=False)


def password(who: Who) -> None:
    """Give a new password; all that was signed in with the former one ends."""
    named, made = login(who), hash_password(_ask_password())
    with records(Settings()) as sql:
        users.set_password(sql, named, made, int(time.time()))
        note_act(sql, named.tenant, Act.USER_PASSWORD, named.name)
    note(f"user {named} has a new password")


def sign_out(who: Who) -> None:
    """End all that a user is signed in to, within two seconds; the password stays good."""
    named = login(who)
    with records(Settings()) as sql:
        users.sign_out(sql, named, int(time.time()))
        note_act(sql, named.tenant, Act.USER_SIGNED_OUT, named.name)
    note(f"user {named} is signed out everywhere")


def login(text: str) -> Login:
    parsed = parse(text)
    if parsed is None:
        raise RefusedError(
            f"a user is written name@tenant (name@{PLATFORM} for the platform's operators);"
            " a name has 1 to 64 letters, digits, and . _ + -"
        )
    return parsed


def _switch(who: Login, *, disabled: bool) -> None:
    with records(Settings()) as sql:
        users.disable(sql, who, int(time.time()), disabled=disabled)
        act = Act.USER_DISABLED if disabled else Act.USER_ENABLED
        note_act(sql, who.tenant, act, who.name)
    note(f"user {who} {'disabled' if disabled else 'enabled'}")


def _ask_password() -> str:
    """Never an argument: those stand in the list of processes and in the shell's history."""
    if sys.stdin.isatty():
        typed = getpass.getpass("Password: ")
        if getpass.getpass("Once more: ") != typed:
            raise RefusedError("the two are not alike")
    else:
        typed = sys.stdin.readline().rstrip("\n")
    try:
        check_strength(typed)
    except WeakPasswordError as error:
        raise RefusedError(str(error)) from error
    return typed

"""`python -m app <command>`: what a person types.

Machine-readable results stand alone on stdout, as does the log of `serve`, which has no other; all
else goes to stderr. Exit codes: 0 done, 1 refused, 2 wrong usage.
"""

import sqlite3
import sys

import typer
from pydantic import ValidationError

from app.cli import (
    audit,
    backup,
    check_config,
    connections,
    credentials,
    deployment,
    devices,
    people,
    revoke,
    tenants,
    tokens,
)
from app.cli.report import RefusedError, explain_settings
from app.errors import GatewayError
from app.storage.base import NewerSchemaError
from app.traces import UntraceableError
from auth.errors import KeyRingError

cli = typer.Typer(
    name="python -m app",
    help="IAQverse Gateway: indoor-air measurements in over HTTPS, out over WSS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
SUBJECTS = (
    deployment,
    check_config,
    tokens,
    credentials,
    tenants,
    devices,
    people,
    revoke,
    connections,
    audit,
    backup,
)
for subject in SUBJECTS:
    subject.commands(cli)


def main() -> None:
    try:
        cli()
    except ValidationError as error:
        refuse(explain_settings(error))
    except GatewayError as error:
        refuse(error.message)
    except (RefusedError, KeyRingError, NewerSchemaError, UntraceableError) as error:
        refuse(str(error))
    except (sqlite3.Error, PermissionError) as error:
        refuse(f"STATE_DIR cannot be read or written: {error}")


def refuse(reason: str) -> None:
    sys.exit(_say(reason))


def _say(reason: str) -> int:
    print(reason, file=sys.stderr)  # noqa: T201  (the command line speaks by printing)
    return 1

"""`backup` and `restore`: copies of the embedded store."""

from pathlib import Path
from typing import Annotated

import typer

from app.cli.exclusive import exclusive
from app.cli.report import RefusedError, note, result
from app.settings import Settings
from app.storage.sqlite import backup as copies

File = Annotated[Path, typer.Argument(dir_okay=False, help="The backup.")]


def commands(cli: typer.Typer) -> None:
    cli.command("backup")(backup)
    cli.command("restore")(restore)


def backup(file: File) -> None:
    """Write the database, as it is at this moment, to a file; a gateway may go on running.

    The keys are not in it: they are in STATE_DIR/keys.
    """
    settings = Settings()
    _refuse_server(settings)
    try:
        copies.back_up(settings.database_path, file)
    except (copies.BackupError, OSError) as error:
        raise RefusedError(str(error)) from error
    note(f"backup written to {file}")


def restore(file: File) -> None:
    """Put a backup in the place of the database, while no gateway runs.

    Prints where the former database is kept. Everyone has to sign in again. Whoever was revoked or
    disabled after the backup is let in again, with the password of then.
    """
    settings = Settings()
    _refuse_server(settings)
    with exclusive(settings.state_dir):
        try:
            former = copies.restore(file, settings.database_path)
        except (copies.BackupError, OSError) as error:
            raise RefusedError(str(error)) from error
    note("restored: repeat what was revoked, disabled or given a new password since that backup")
    if former is not None:
        result(str(former))


def _refuse_server(settings: Settings) -> None:
    if settings.database_url:
        raise RefusedError("with DATABASE_URL the data is PostgreSQL's: see docs/deployment.md")

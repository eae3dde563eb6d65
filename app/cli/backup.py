"""`backup` and `restore`: copies of everything that the store keeps."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from app.cli.audit import note_act
from app.cli.exclusive import exclusive
from app.cli.records import records
from app.cli.report import RefusedError, note, result
from app.settings import Settings
from app.stack.programs import MissingProgramError, find_postgres_client
from app.storage.copies import BackupError
from app.storage.records.audit import Act
from app.storage.sqlite import backup as embedded
from auth.principal import PLATFORM

File = Annotated[Path, typer.Argument(dir_okay=False, help="The backup.")]


def commands(cli: typer.Typer) -> None:
    cli.command("backup")(backup)
    cli.command("restore")(restore)


def backup(file: File) -> None:
    """Write the database, as it is at this moment, to a file; a gateway may go on running.

    The keys are not in it: they are in STATE_DIR/keys. With DATABASE_URL this takes pg_dump.
    """
    settings = Settings()
    url = settings.database_url.get_secret_value()
    with _refusals():
        if url:
            from app.storage.postgres import backup as server

            server.back_up(url, find_postgres_client(), file)
        else:
            embedded.back_up(settings.database_path, file)
    with records(settings) as sql:
        note_act(sql, PLATFORM, Act.BACKED_UP, file.name)
    note(f"backup written to {file}")


def restore(file: File) -> None:
    """Put a backup in the place of the database, while no gateway runs.

    Prints where the former database is kept: a file, or with DATABASE_URL a schema. Everyone has to
    sign in again. Whoever was revoked or disabled after the backup is let in again, with the
    password of then.
    """
    settings = Settings()
    url = settings.database_url.get_secret_value()
    former: Path | str | None
    with _refusals():
        if url:
            from app.storage.postgres import backup as server

            former = server.restore(file, url, find_postgres_client())
        else:
            with exclusive(settings.state_dir):
                former = embedded.restore(file, settings.database_path)
    with records(settings) as sql:
        note_act(sql, PLATFORM, Act.RESTORED, file.name)
    note("restored: repeat what was revoked, disabled or given a new password since that backup")
    if former is not None:
        result(str(former))


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (BackupError, MissingProgramError, OSError) as error:
        raise RefusedError(str(error)) from error

"""What the copies of every store have in common: a file that is whole or not there."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


class BackupError(Exception):
    """Nothing was changed; the message says why."""


@contextlib.contextmanager
def arriving(target: Path, companions: tuple[str, ...] = ()) -> Iterator[Path]:
    """A file beside the target that takes its name, durably, when all went well.

    Its owner's alone; whatever becomes of it, its companions (suffixes) are gone afterwards.
    """
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        yield part
        sync(part)
        part.replace(target)
        sync(target.absolute().parent)
    finally:
        for name in ("", *companions):
            Path(f"{part}{name}").unlink(missing_ok=True)


def sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""A secret from a file, as containers mount them: read only if it is its owner's alone."""

import os
from pathlib import Path
from typing import Final

from auth.errors import SecretFileError

_MAX_BYTES: Final = 65_536


def read_secret_file(path: Path) -> bytes:
    """Mode 0600, or a mount that is read-only: its modes are the container runtime's to choose.

    Raises `SecretFileError`.
    """
    try:
        mode = path.stat().st_mode
        mounted = bool(os.statvfs(path).f_flag & os.ST_RDONLY)
        if mode & 0o077 and not mounted:
            raise SecretFileError("is open to others than its owner: chmod 600")
        with path.open("rb") as file:
            return file.read(_MAX_BYTES)
    except OSError as error:
        raise SecretFileError(f"cannot be read: {error.strerror}") from error

"""Who works on one state folder: a gateway with its data there alone, as two would give the same
positions to different messages; those that share a database together.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.cli.report import RefusedError


@contextmanager
def exclusive(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Raise `RefusedError` while another process holds the folder, unless both are `shared`.

    A killed one lets go of it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(folder / "gateway.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise RefusedError(f"another gateway runs on STATE_DIR {folder}") from error
    finally:
        os.close(handle)

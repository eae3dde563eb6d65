"""Log files of processes that hold them open, kept within a bound."""

import os
import shutil
from pathlib import Path

LARGEST_LOG = 32 * 1024 * 1024
"""Bytes; the one before it is kept as `.1`, so a log takes twice this at most."""


def cut_all(folder: Path, largest: int = LARGEST_LOG) -> list[str]:
    """Each log as `cut`; of those that cannot be cut, why: a full disk is no reason to stop."""
    reasons = []
    for log in folder.glob("*.log"):
        try:
            cut(log, largest)
        except OSError as error:
            reasons.append(f"{log.name}: {error.strerror}")
    return reasons


def cut(log: Path, largest: int = LARGEST_LOG) -> None:
    """Move what `log` holds to `.1` when it is too large.

    It is copied and then emptied in place: its writers append (`O_APPEND`) and need not be told. A
    line that is written in between is lost.
    """
    try:
        if log.stat().st_size <= largest:
            return
    except FileNotFoundError:
        return
    shutil.copy2(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)

"""Durations as people write them: `15m`, `12h`, `30d`, or plain seconds."""

import re

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_WRITTEN = re.compile(r"\A(0|[1-9]\d{0,9})([smhd]?)\Z")


def seconds(text: str) -> int:
    """Raise ValueError for anything else."""
    written = _WRITTEN.match(text)
    if written is None:
        raise ValueError("a duration is written like 15m, 12h or 30d")
    return int(written[1]) * _UNITS[written[2]]

"""Where a page of history ended, as clients carry it: a position, or a cursor that holds a `Page`.

Both begin with the epoch of the tenant's order. One of another tenant, of a store that was replaced
or of nobody is refused alike. A cursor that someone made up shows nothing that its bearer may not
see: it says where to go on reading, not what.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec

from app.domain.channel import Channel
from app.errors import GoneError, InvalidInputError
from app.model import Position
from app.storage.base import Page

MAX_LENGTH = 4_096
"""Characters: three names of 128 characters, four bytes each, in JSON and base64."""


class UnknownPlaceError(InvalidInputError):
    code = "unknown_position"


class _Written(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    epoch: str
    step_ms: int
    time_ms: int
    tie: tuple[str, ...]


_DECODER = msgspec.json.Decoder(_Written)


def written(page: Page, step_ms: int, epoch: str) -> str:
    content = msgspec.json.encode(_Written(epoch, step_ms, page.time_ms, page.tie))
    return urlsafe_b64encode(content).rstrip(b"=").decode()


def page_of(text: str, step_ms: int, channel: Channel) -> Page:
    """Raise `UnknownPlaceError` for a cursor that was not given out for these steps and order."""
    try:
        content = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        cursor = _DECODER.decode(content)
    except (ValueError, msgspec.MsgspecError) as error:
        raise _unknown("before") from error
    page = Page(cursor.time_ms, cursor.tie)
    given = (cursor.epoch, cursor.step_ms) == (channel.position.epoch, step_ms)
    if not given or not _whole(page, step_ms):
        raise _unknown("before")
    return page


def position_of(text: str, channel: Channel) -> Position:
    """Raise `UnknownPlaceError`, or `GoneError` when something after it is kept no more."""
    position = Position.parse(text)
    if position is None or not channel.position.reaches(position):
        raise _unknown("after")
    if not channel.recovers(position):
        raise gone()
    return position


def gone() -> GoneError:
    return GoneError("something after this position is past its retention", field="after")


def _unknown(field: str) -> UnknownPlaceError:
    return UnknownPlaceError("this names no place in the order of what you may read", field=field)


def _whole(page: Page, step_ms: int) -> bool:
    """Of its own kind, and within what a store counts."""
    if not 0 <= page.time_ms < _END_MS:
        return False
    if step_ms:
        return len(page.tie) == _NAMES
    return len(page.tie) == 1 and _SEQUENCE.match(page.tie[0]) is not None


_END_MS = 1 << 52
_NAMES = 3
_SEQUENCE = re.compile(r"\A[0-9]{1,18}\Z")

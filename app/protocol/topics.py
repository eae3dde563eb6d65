"""Topic filters (`measurements:Maison/Bureau`) and what a principal sees through them."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from app.errors import InvalidInputError
from app.model import RoutingKey, Topic

ALL = "all"
NAMES: tuple[str, ...] = (*(topic.value for topic in Topic), ALL)
"""The six names a client may subscribe to, in the order in which stats list them."""

MAX_FILTER_LENGTH = 512
"""Characters, as a client writes it and in canonical form: what is shown can be sent again."""
_UNRESERVED = "!'()*"  # with RFC 3986's unreserved: what JavaScript's encodeURIComponent leaves
_NO_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # in no name, and PostgreSQL takes no NUL


class InvalidTopicError(InvalidInputError):
    code = "invalid_topic"


@dataclass(frozen=True, slots=True)
class TopicFilter:
    """`name[:enseigne[/salle]]`, parts percent-encoded. The tenant is never part of it."""

    name: str
    enseigne: str | None = None
    salle: str | None = None

    @classmethod
    def parse(cls, text: str) -> "TopicFilter":
        """Raise `InvalidTopicError` for an unknown name, an empty or a badly encoded part."""
        if len(text) > MAX_FILTER_LENGTH:
            raise _too_long()
        name, narrowed, place = text.partition(":")
        if name not in NAMES:
            raise InvalidTopicError(f"a topic starts with one of {', '.join(NAMES)}")
        if not narrowed:
            return cls(name)
        parts = [_decoded(part) for part in place.split("/")]
        if len(parts) > 2 or not all(parts):  # noqa: PLR2004  (enseigne, salle)
            raise InvalidTopicError("a topic is narrowed as name:enseigne or name:enseigne/salle")
        chosen = cls(name, *parts)
        if len(str(chosen)) > MAX_FILTER_LENGTH:
            raise _too_long()
        return chosen

    def __str__(self) -> str:
        place = "/".join(quote(part, safe=_UNRESERVED) for part in self._place)
        return f"{self.name}:{place}" if place else self.name

    @property
    def _place(self) -> tuple[str, ...]:
        return tuple(part for part in (self.enseigne, self.salle) if part is not None)

    def matches(self, key: RoutingKey) -> bool:
        return (
            self.name in (ALL, key.topic)
            and self.enseigne in (None, key.enseigne)
            and self.salle in (None, key.salle)
        )

    def overlaps(self, other: "TopicFilter") -> bool:
        """Whether some publication could match both."""
        return (
            (ALL in (self.name, other.name) or self.name == other.name)
            and (None in (self.enseigne, other.enseigne) or self.enseigne == other.enseigne)
            and (None in (self.salle, other.salle) or self.salle == other.salle)
        )


def parse_filters(texts: Iterable[str]) -> frozenset[TopicFilter]:
    return frozenset(TopicFilter.parse(text) for text in texts)


def written(filters: Iterable[TopicFilter]) -> list[str]:
    """Filters as the wire shows them: sorted, so that equal sets look equal."""
    return sorted(str(chosen) for chosen in filters)


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token lets through. None: not narrowed."""

    topics: frozenset[TopicFilter] | None = None
    sensors: frozenset[str] | None = None

    def allows(self, key: RoutingKey) -> bool:
        """A token narrowed to sensors sees only what names one of them: the rest fails closed."""
        if self.sensors is not None and key.sensor_id not in self.sensors:
            return False
        return self.topics is None or any(topic.matches(key) for topic in self.topics)

    def reaches(self, chosen: TopicFilter) -> bool:
        """Whether subscribing to `chosen` could ever show anything."""
        return self.topics is None or any(topic.overlaps(chosen) for topic in self.topics)


@dataclass(frozen=True, slots=True)
class Selection:
    """What is chosen within what is granted. Equal selections share an audience."""

    chosen: frozenset[TopicFilter]
    grant: Grant

    def matches(self, key: RoutingKey) -> bool:
        return any(topic.matches(key) for topic in self.chosen) and self.grant.allows(key)


EVERYTHING = Selection(frozenset({TopicFilter(ALL)}), Grant())


def _decoded(part: str) -> str:
    if _NO_ESCAPE.search(part):
        raise InvalidTopicError("in a topic's parts, % starts an escape like %20")
    try:
        name = unquote_to_bytes(part).decode()
    except UnicodeError as error:
        raise InvalidTopicError("a topic's parts are percent-encoded UTF-8") from error
    if _CONTROL.search(name):
        raise InvalidTopicError("no control characters in a topic's parts")
    return name


def _too_long() -> InvalidTopicError:
    return InvalidTopicError(
        f"a topic, percent-encoded, has at most {MAX_FILTER_LENGTH} characters"
    )

"""What the routes that read share: what a dashboard may see, and lists of what it sees."""

from collections.abc import Iterable, Sequence

from app.domain.channel import Channel
from app.edge.access import grant_of
from app.model import Publication
from app.protocol.session import admitted
from app.protocol.topics import Selection, TopicFilter
from auth.principal import Principal


def selection_of(dashboard: Principal, topics: frozenset[TopicFilter]) -> Selection:
    """Raise `ForbiddenError` for a topic that the token's grant could never match."""
    grant = grant_of(dashboard)
    return Selection(admitted(topics, grant), grant)


def told(publications: Sequence[Publication], channel: Channel) -> list[Publication]:
    """Without those of a commit that the hub has not heard of: it would deny their positions."""
    newest = channel.position.sequence
    return [each for each in publications if each.position.sequence <= newest]


def joined(publications: Iterable[Publication]) -> bytes:
    """They are JSON already: nothing is parsed to be written again."""
    return b"[" + b",".join(publication.text for publication in publications) + b"]"

"""Measurements and notices of one tenant, each read in order, joined into the order of both."""

import heapq
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from app.model import Position, Publication, RoutingKey, Topic
from app.storage.base import PrunedError
from app.storage.columns import published

NOTICED = "sequence, topic, enseigne, salle, sensor_id, head"
"""The columns of a notice, but for whose it is."""

_Read = Iterable[Publication]


def first(measured: _Read, noticed: _Read, limit: int) -> list[Publication]:
    """Of two that are read from the oldest on."""
    return list(islice(heapq.merge(measured, noticed, key=sequence_of), limit))


def last(measured: _Read, noticed: _Read, limit: int) -> list[Publication]:
    """Of two that are read from the newest back; in order again."""
    both = heapq.merge(measured, noticed, key=sequence_of, reverse=True)
    return list(islice(both, limit))[::-1]


def notices(tenant: str, epoch: str, rows: Iterable[tuple[Any, ...]]) -> Iterator[Publication]:
    """Of rows of `NOTICED`."""
    for sequence, topic, *place, head in rows:
        key = RoutingKey(Topic(topic), *place)
        yield published(tenant, Position(epoch, sequence), key, head)


def sequence_of(publication: Publication) -> int:
    return publication.position.sequence


def refuse_pruned(pruned: int, after: int) -> None:
    """Raise `PrunedError` where something after the sequence is missing."""
    if after < pruned:
        raise PrunedError(pruned + 1)

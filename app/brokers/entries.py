"""Publications as they stand in a stream: several to an entry, each message once."""

from collections.abc import Iterator, Sequence

import msgspec

from app.model import Position, Publication, RoutingKey, Topic

ENTRY_BYTES = 65_536
"""Messages in one entry, or a single one that is larger."""
SENDER, CONTENT = b"by", b"content"
"""The fields of an entry, in this order."""
_PREFIX = b"iaqverse:publications:"


class _Written(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    sequence: int
    topic: Topic
    enseigne: str | None
    salle: str | None
    sensor_id: str | None
    text: bytes
    backlog: bool
    trace: str = ""


class _Entry(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    epoch: str
    publications: list[_Written]


class MalformedEntryError(Exception):
    """Another version of the gateway wrote it, or nobody who should."""


_encode = msgspec.msgpack.Encoder().encode
_DECODER = msgspec.msgpack.Decoder(_Entry)


def stream_of(tenant: str) -> bytes:
    return _PREFIX + tenant.encode()


def tenant_of(stream: bytes) -> str:
    return stream[len(_PREFIX) :].decode()


def written(publications: Sequence[Publication]) -> Iterator[bytes]:
    """Of one tenant, in order; at least one. All of an entry are of one epoch."""
    entry = _Entry(publications[0].position.epoch, [])
    size = 0
    for publication in publications:
        epoch = publication.position.epoch
        if epoch != entry.epoch or (size and size + len(publication.text) > ENTRY_BYTES):
            yield _encode(entry)
            entry, size = _Entry(epoch, []), 0
        key = publication.key
        entry.publications.append(
            _Written(
                publication.position.sequence,
                key.topic,
                key.enseigne,
                key.salle,
                key.sensor_id,
                publication.text,
                publication.backlog,
                publication.trace,
            )
        )
        size += len(publication.text)
    yield _encode(entry)


def read(tenant: str, entry: bytes) -> list[Publication]:
    """Raise `MalformedEntryError`."""
    try:
        found = _DECODER.decode(entry)
    except msgspec.MsgspecError as error:
        raise MalformedEntryError from error
    return [
        Publication(
            tenant,
            Position(found.epoch, each.sequence),
            RoutingKey(each.topic, each.enseigne, each.salle, each.sensor_id),
            each.text,
            each.backlog,
            each.trace,
        )
        for each in found.publications
    ]

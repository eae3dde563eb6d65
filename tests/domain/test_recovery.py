"""What a connection missed is read from the store once, in chunks, and sent in pieces."""

import socket

import pytest

from app.domain.hub import CATCH_UP_BYTES
from app.domain.recovery import CHUNK
from app.model import Publication
from app.protocol.topics import Selection
from app.storage.base import Draft, Reading
from tests.domain.conftest import House, Message, measured

MISSED = CHUNK - 100


async def keep(house: House, count: int) -> None:
    """Nobody listens, so the ring holds nothing of it."""
    time_ms = 1_763_546_700_000 + 1_000 * house.channel().position.sequence
    key, reading = measured(), Reading({"CO2": 645}, 85)
    await house.store.append(
        [Draft("acme", key, time_ms + n, time_ms + n, b"{", reading) for n in range(count)]
    )


async def test_a_chunk_is_read_once_however_many_pieces_it_is_sent_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads = 0
    read = house.store.after

    async def counted(
        tenant: str, sequence: int, selection: Selection, limit: int
    ) -> list[Publication]:
        nonlocal reads
        reads += 1
        return await read(tenant, sequence, selection, limit)

    monkeypatch.setattr(house.store, "after", counted)
    await keep(house, 1)
    before = house.channel().position
    await keep(house, MISSED)
    late = await house.join("alerts")
    wide = late.connection._transport.get_extra_info("socket")
    wide.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * CATCH_UP_BYTES)
    late.send(type="subscribe", topics=["all"], after=str(before))
    received: list[Message] = []
    while len(received) < 1 + MISSED:
        received += await late._more()
    assert [message["type"] for message in received] == ["subscribed"] + ["measurement"] * MISSED
    assert sum(len(str(message)) for message in received) > CATCH_UP_BYTES
    assert reads == 1

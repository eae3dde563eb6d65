"""What a connection missed is read from the store once, in chunks, and sent in pieces."""

import socket

import pytest

from app.domain.hub import CATCH_UP_BYTES
from app.domain.recovery import CHUNK
from app.model import Publication
from app.protocol.topics import Selection
from app.storage.base import Draft, Reading
from app.storage.sqlite.store import SqliteStore
from tests.domain.conftest import House, Message, Open, measured, until

MISSED, HELD = CHUNK - 100, 10
"""Publications; of them the ring holds the last ones alone."""


async def keep(house: House, count: int) -> None:
    time_ms = 1_763_546_700_000 + 1_000 * house.channel().position.sequence
    key, reading = measured(), Reading({"CO2": 645}, 85)
    await house.store.append(
        [Draft("acme", key, time_ms + n, time_ms + n, b"{", reading) for n in range(count)]
    )


async def test_a_chunk_is_read_once_however_many_pieces_it_is_sent_in(
    open_house: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(publications=HELD) as house:
        reads = await recovered(house, monkeypatch)
    assert reads == 1


async def recovered(house: House, monkeypatch: pytest.MonkeyPatch) -> int:
    """How often the store was asked."""
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
    return reads


async def test_who_comes_back_soon_is_served_without_the_store(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After nginx ended, all of a crowd are gone for a moment, and would all ask at once."""
    await keep(house, 1)
    first = await house.join()
    before = house.channel().position
    first.connection.abort()
    await until(lambda: not house.desk.live)
    house.publish(measured(), measured())
    monkeypatch.delattr(SqliteStore, "after")
    again = await house.join("alerts")
    again.send(type="subscribe", topics=["all"], after=str(before))
    subscribed, *missed = await again.messages()
    assert subscribed["recovered"]
    assert [message["n"] for message in missed] == [2, 3]

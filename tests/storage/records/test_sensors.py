from dataclasses import replace

from app.storage.base import Store
from app.storage.records import sensors
from app.storage.records.sensors import Sensor, State

S1 = Sensor("acme", "s1", "Maison", "Bureau", State.ONLINE, 5_000)


async def note(store: Store, sensor: Sensor) -> bool:
    return await store.transact(lambda sql: sensors.note(sql, sensor))


async def speaking(store: Store, limit: int = 10) -> list[Sensor]:
    return await store.consult(lambda sql: sensors.speaking(sql, limit))


async def test_a_change_of_what_is_known_is_told_to_one_alone(store: Store) -> None:
    stale = replace(S1, state=State.STALE)
    assert not await note(store, S1)  # met
    assert await note(store, stale)
    assert not await note(store, stale)  # the other gateway
    assert await speaking(store) == [stale]


async def test_place_and_pace_are_kept_up_without_a_change(store: Store) -> None:
    moved = replace(S1, salle="Salon", interval_ms=60_000)
    await note(store, S1)
    assert not await note(store, moved)
    assert await speaking(store) == [moved]


async def test_who_is_offline_is_not_among_those_who_speak(store: Store) -> None:
    await note(store, S1)
    await note(store, replace(S1, tenant="other"))
    await note(store, replace(S1, state=State.OFFLINE))
    assert await speaking(store) == [replace(S1, tenant="other")]
    assert await speaking(store, limit=0) == []

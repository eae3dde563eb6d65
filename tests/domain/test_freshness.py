"""Silence is told once, by each sensor's own pace, and never for the gateway's own absence."""

import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.domain import freshness as domain
from app.domain.freshness import Freshness
from app.errors import UnavailableError
from app.model import Publication, RoutingKey, Topic
from app.storage.base import Draft
from app.storage.records import devices
from app.storage.records.devices import Device
from app.storage.sqlite.store import SqliteStore
from tests.storage.conftest import draft

START = 1_763_546_700.0
INTERVAL = 5.0


@dataclass
class Sensors:
    """What sensors send, by a clock that moves when told to, and what is told of them."""

    path: Path
    now: float = START
    told: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.path, self._committed, capacity=100)
        self.freshness = Freshness(self.store, lambda: self.now)

    def _committed(self, publications: Sequence[Publication]) -> None:
        self.freshness.heard(publications)
        self.told += [json.loads(each.text) for each in publications if _tells(each)]

    async def send(self, sensor: str = "s1", *, tenant: str = "acme", late_s: float = 0) -> None:
        now_ms = round(self.now * 1000)
        key = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", sensor)
        sent: Draft = draft(
            tenant=tenant, key=key, time_ms=now_ms - round(late_s * 1000), received_ms=now_ms
        )
        await self.store.append([sent])

    async def speak(self, seconds: float, every: float = INTERVAL, sensor: str = "s1") -> None:
        end = self.now + seconds
        while self.now < end:
            await self.send(sensor)
            await self.wait(every)

    async def wait(self, seconds: float) -> None:
        self.now += seconds
        await self.freshness.look()

    async def restart(self, away: float = 0) -> None:
        await self.store.close()
        self.now += away
        self.__post_init__()
        await self.freshness.begin()

    @property
    def states(self) -> list[tuple[str, str]]:
        return [(message["sensor_id"], message["state"]) for message in self.told]


def _tells(publication: Publication) -> bool:
    return publication.key.topic is Topic.MODULES


@pytest.fixture
async def sensors(tmp_path: Path) -> AsyncIterator[Sensors]:
    made = Sensors(tmp_path / "gateway.db")
    yield made
    await made.store.close()


async def test_stale_then_offline_then_online_each_told_once(sensors: Sensors) -> None:
    await sensors.speak(30)
    for _ in range(2 * 600):
        await sensors.wait(1)
    assert sensors.states == [("s1", "stale"), ("s1", "offline")]
    await sensors.speak(30)
    assert sensors.states[2:] == [("s1", "online")]


async def test_what_is_told(sensors: Sensors) -> None:
    await sensors.speak(30)
    await sensors.wait(60)
    (message,) = sensors.told
    del message["position"]
    assert message == {
        "type": "module",
        "enseigne": "Maison",
        "salle": "Bureau",
        "module_id": "s1",
        "kind": "sensor",
        "state": "stale",
        "sensor_id": "s1",
        "last_seen": "2025-11-19T10:05:25Z",
        "interval": 5.0,
        "timestamp": "2025-11-19T10:06:30Z",
        "received_at": "2025-11-19T10:06:30Z",
    }


async def test_each_by_its_own_pace(sensors: Sensors) -> None:
    await sensors.speak(6_000, every=600, sensor="slow")
    await sensors.wait(1_100)
    assert sensors.states == []
    await sensors.wait(200)
    assert sensors.states == [("slow", "stale")]
    await sensors.wait(4_200)
    assert sensors.states[1:] == [("slow", "offline")]


async def test_an_unknown_pace_is_met_with_patience(sensors: Sensors) -> None:
    await sensors.send()
    await sensors.wait(899)
    assert sensors.states == []
    await sensors.wait(1)
    assert sensors.states == [("s1", "stale")]


async def test_a_pace_that_is_learned_counts_at_once(sensors: Sensors) -> None:
    await sensors.speak(20)
    await sensors.wait(60)
    assert sensors.states == [("s1", "stale")]


async def test_a_backlog_is_no_sign_of_life(sensors: Sensors) -> None:
    await sensors.speak(30)
    for _ in range(13):
        await sensors.send(late_s=1_000)
        await sensors.wait(5)
    assert sensors.states == [("s1", "stale")]


async def test_the_gateways_own_absence_is_nobodys_silence(sensors: Sensors) -> None:
    await sensors.speak(120)
    await sensors.restart(away=86_400)
    await sensors.wait(59)
    assert sensors.states == []
    await sensors.wait(1)
    assert sensors.states == [("s1", "stale")]


async def test_who_speaks_to_another_gateway_is_not_silent(sensors: Sensors) -> None:
    await sensors.speak(120)  # until its pace is noted
    other = Freshness(sensors.store, lambda: sensors.now)
    await other.begin()  # and hears nothing of what follows
    await sensors.speak(120)
    await other.look()
    assert sensors.states == []
    await sensors.wait(60)
    await other.look()
    assert sensors.states == [("s1", "stale")]


async def test_what_its_device_is_registered_with_counts(sensors: Sensors) -> None:
    hub = Device("acme", "hub", ("s1",), created_ms=1, interval=3_600)
    await sensors.store.transact(lambda sql: devices.add(sql, hub))
    await sensors.speak(120)
    await sensors.wait(3 * 3_600 - 10)
    assert sensors.states == []
    await sensors.wait(10)
    (message,) = sensors.told
    assert (message["state"], message["interval"]) == ("stale", 3_600)


async def test_a_restart_repeats_nothing_and_forgets_nothing(sensors: Sensors) -> None:
    await sensors.speak(120)
    await sensors.wait(60)
    await sensors.restart()
    for _ in range(600):
        await sensors.wait(1)
    assert sensors.states == [("s1", "stale"), ("s1", "offline")]
    await sensors.restart(away=3_600)
    await sensors.send()
    await sensors.wait(1)
    assert sensors.states[2:] == [("s1", "online")]


async def test_while_the_store_is_gone_changes_wait(
    sensors: Sensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sensors.speak(30)

    async def gone(_: object) -> None:
        raise UnavailableError("gone", part="store")

    with monkeypatch.context() as broken:
        broken.setattr(sensors.store, "transact", gone)
        with pytest.raises(UnavailableError):
            await sensors.wait(60)
    await sensors.wait(1)
    assert sensors.states == [("s1", "stale")]


async def test_of_tenants_with_the_same_sensor_each_has_its_own(sensors: Sensors) -> None:
    for _ in range(20):
        await sensors.send()
        await sensors.send(tenant="other")
        await sensors.wait(INTERVAL)
    for _ in range(20):
        await sensors.send(tenant="other")
        await sensors.wait(INTERVAL)
    (message,) = sensors.told
    assert message["state"] == "stale"
    assert (await sensors.store.position("other")).sequence == 40


async def test_one_too_many_is_counted_and_not_watched(
    sensors: Sensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "MAX_SENSORS", 1)
    for name in ("s1", "s2"):
        await sensors.send(name)
    await sensors.wait(1)
    await sensors.wait(3_600)
    assert (sensors.freshness.watched, sensors.freshness.unwatched) == (1, 1)
    assert sensors.states == [("s1", "stale")]


@pytest.mark.parametrize("step", ["transact", "append"])
async def test_who_speaks_while_it_is_told_to_be_offline_is_met_again(
    sensors: Sensors, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await sensors.speak(30)
    while sensors.states != [("s1", "stale")]:
        await sensors.wait(1)
    ask = getattr(sensors.store, step)
    spoken: list[str] = []

    async def meanwhile(work: Any) -> Any:
        done = await ask(work)
        if not spoken and await noted(sensors) == ["offline"]:
            spoken.append("s1")
            monkeypatch.undo()
            await sensors.send()
        return done

    monkeypatch.setattr(sensors.store, step, meanwhile)
    while not spoken:
        await sensors.wait(1)
    await sensors.speak(10, every=1)
    for _ in range(2 * 600):
        await sensors.wait(1)
    states = [state for _, state in sensors.states]
    assert states[:3] == ["stale", "offline", "online"]
    assert states[-2:] == ["stale", "offline"]


async def noted(of: Sensors) -> list[str]:
    """The states that are kept."""
    rows = await of.store.consult(lambda sql: sql.rows("SELECT state FROM sensors"))
    return [row[0] for row in rows]


async def test_what_was_noted_is_told_once_the_store_takes_it(
    sensors: Sensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sensors.speak(30)

    async def away(_: object) -> None:
        raise UnavailableError("gone", part="store")

    with monkeypatch.context() as gone:
        gone.setattr(sensors.store, "append", away)
        with pytest.raises(UnavailableError):
            await sensors.wait(60)
    await sensors.wait(1)
    assert sensors.states == [("s1", "stale")]


async def test_more_than_a_store_takes_at_once_is_told_in_parts(
    sensors: Sensors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "APPENDED_AT_ONCE", 100)
    for number in range(101):  # the store takes a hundred
        await sensors.send(f"s{number}")
    while len(sensors.states) < 101:
        await sensors.wait(1)
    assert {state for _, state in sensors.states} == {"stale"}

"""Alerts by a tenant's rules: each turn told once, whoever restarts and however many look."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from app.domain import alarms as domain
from app.domain.alarms import KEPT_DAYS, Alarms
from app.errors import ConflictError, NotFoundError, UnavailableError
from app.model import Publication, RoutingKey, Topic, wire_time
from app.storage.base import DAY_MS, Draft, Reading
from app.storage.records import alerts, documents
from app.storage.records.alerts import Alert
from app.storage.records.documents import Document, Kind
from app.storage.sqlite.store import SqliteStore

START = 1_763_546_700.0
HIGH, FINE = 1_300, 600
RULE = {"id": "loud", "quantity": "CO2", "side": "above", "threshold": 1_000, "severity": "info"}


@dataclass
class Rooms:
    """What sensors send, by a clock that moves when told to, and what is told of them."""

    path: Path
    gateways: int = 1
    now: float = START
    told: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = SqliteStore(self.path, self._committed, capacity=1_000)
        self.all = [Alarms(self.store, lambda: self.now) for _ in range(self.gateways)]
        self.alarms = self.all[0]

    def _committed(self, publications: Sequence[Publication]) -> None:
        self.told += [json.loads(each.text) for each in publications]

    def measured(
        self, co2: float, sensor: str = "s1", *, late_s: float = 0, **values: float
    ) -> Draft:
        now_ms = round(self.now * 1_000)
        key = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", sensor)
        reading = Reading({"CO2": co2, **values}, None)
        return Draft("acme", key, now_ms - round(late_s * 1_000), now_ms, b"{", reading)

    async def send(self, *co2: float, sensor: str = "s1", gateway: int = 0) -> None:
        """A value a minute."""
        for value in co2:
            self.all[gateway].heard(self.measured(value, sensor))
            await self.look(gateway)
            self.now += 60

    async def look(self, gateway: int = 0) -> None:
        await self.all[gateway].tell()
        await self.all[gateway].look()

    async def restart(self) -> None:
        await self.store.close()
        self.__post_init__()
        await self.alarms.look()

    async def set_rules(self, *rules: dict[str, Any]) -> None:
        body = json.dumps({"rules": rules})
        document = Document("acme", Kind.RULES, "", 1, body, 1, "marie")
        await self.store.transact(partial(documents.put, document=document))
        await self.alarms.look()

    async def kept(self, *, open_only: bool = False) -> list[Alert]:
        return await self.store.consult(
            lambda sql: alerts.page(sql, "acme", None, 100, open_only=open_only)
        )

    @property
    def turns(self) -> list[tuple[str, str, float]]:
        return [(each["sensor_id"], each["state"], each["threshold"]) for each in self.told]


async def away(*_: object) -> None:
    raise UnavailableError("gone", part="store")


@pytest.fixture
async def rooms(tmp_path: Path) -> AsyncIterator[Rooms]:
    rooms = Rooms(tmp_path / "gateway.db")
    yield rooms
    await rooms.store.close()


async def test_an_alert_is_told_as_documented_from_its_raising_to_its_end(rooms: Rooms) -> None:
    await rooms.send(*[HIGH] * 6)
    (raised,) = rooms.told
    position, alert_id = raised.pop("position"), raised.pop("alert_id")
    at = wire_time(round(START * 1_000) + 300_000)
    assert position.endswith("-1")
    assert raised == {
        "type": "alert",
        "enseigne": "Maison",
        "salle": "Bureau",
        "sensor_id": "s1",
        "severity": "warning",
        "state": "raised",
        "message": "CO2 is above 1200",
        "quantity": "CO2",
        "side": "above",
        "value": HIGH,
        "threshold": 1_200,
        "rule": "co2-high",
        "raised_at": at,
        "timestamp": at,
        "received_at": at,
    }
    await rooms.send(FINE)
    assert rooms.turns == [("s1", "raised", 1_200), ("s1", "resolved", 1_200)]
    assert rooms.told[1]["alert_id"] == alert_id
    assert rooms.told[1]["message"] == "CO2 is back from 1200"
    assert rooms.alarms.watched == 0


async def test_it_gets_worse_and_better_as_one_alert(rooms: Rooms) -> None:
    await rooms.send(*[HIGH] * 6, *[1_600] * 6, HIGH, FINE)
    turns = [("raised", 1_200), ("updated", 1_500), ("updated", 1_200), ("resolved", 1_200)]
    assert rooms.turns == [("s1", *turn) for turn in turns]
    assert len({each["alert_id"] for each in rooms.told}) == 1
    assert len(await rooms.kept()) == 1


async def test_sensors_and_quantities_have_alerts_of_their_own(rooms: Rooms) -> None:
    await rooms.set_rules(RULE, RULE | {"id": "cold", "quantity": "Temperature", "side": "below"})
    rooms.alarms.heard(rooms.measured(HIGH, "s1", Temperature=12))
    rooms.alarms.heard(rooms.measured(HIGH, "s2"))
    await rooms.look()
    assert sorted((each["sensor_id"], each["quantity"]) for each in rooms.told) == [
        ("s1", "CO2"),
        ("s1", "Temperature"),
        ("s2", "CO2"),
    ]


async def test_after_a_restart_nothing_is_raised_again_and_its_end_is_told(rooms: Rooms) -> None:
    await rooms.send(*[HIGH] * 6)
    await rooms.restart()
    await rooms.send(*[HIGH] * 7, FINE)
    assert rooms.turns == [("s1", "raised", 1_200), ("s1", "resolved", 1_200)]


async def test_a_backlog_raises_nothing(rooms: Rooms) -> None:
    await rooms.set_rules(RULE)
    rooms.alarms.heard(rooms.measured(HIGH, late_s=301))
    await rooms.look()
    assert rooms.told == []


async def test_rules_that_are_changed_hold_from_the_next_look_on(rooms: Rooms) -> None:
    await rooms.set_rules(RULE)
    await rooms.send(HIGH)
    await rooms.set_rules()
    await rooms.send(HIGH, HIGH)
    assert rooms.turns == [("s1", "raised", 1_000), ("s1", "resolved", 1_000)]
    assert rooms.alarms.watched == 0


async def test_rules_of_another_tenant_do_not_count(rooms: Rooms) -> None:
    await rooms.set_rules()
    assert rooms.alarms.rulebook.of("acme").rules == ()
    assert rooms.alarms.rulebook.of("other").rules


async def test_rules_that_cannot_be_read_leave_the_defaults(rooms: Rooms) -> None:
    await rooms.set_rules({"id": "of a newer gateway"})
    await rooms.send(*[HIGH] * 6)
    assert rooms.turns == [("s1", "raised", 1_200)]


async def test_of_several_gateways_one_raises_and_each_may_resolve(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path / "gateway.db", gateways=2)
    await rooms.set_rules(RULE)
    await rooms.all[1].look()
    for alarms in rooms.all:
        alarms.heard(rooms.measured(HIGH))
    for gateway in (0, 1):
        await rooms.look(gateway)
    assert rooms.turns == [("s1", "raised", 1_000)]
    await rooms.send(FINE, gateway=1)
    assert rooms.turns[1:] == [("s1", "resolved", 1_000)]
    await rooms.look(0)
    assert rooms.alarms.watched == 0
    await rooms.store.close()


async def test_what_another_gateway_raised_is_resolved_here(tmp_path: Path) -> None:
    rooms = Rooms(tmp_path / "gateway.db", gateways=2)
    await rooms.set_rules(RULE)
    await rooms.send(HIGH)
    await rooms.all[1].look()
    await rooms.send(FINE, gateway=1)
    assert rooms.turns == [("s1", "raised", 1_000), ("s1", "resolved", 1_000)]
    await rooms.store.close()


async def test_what_turns_while_the_store_is_away_is_told_as_it_stands_later(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rooms.set_rules(RULE)

    with monkeypatch.context() as gone:
        gone.setattr(rooms.store, "transact", away)
        for co2 in (HIGH, FINE, HIGH):
            with pytest.raises(UnavailableError):
                await rooms.send(co2)
            rooms.now += 60
    await rooms.look()
    assert rooms.turns == [("s1", "raised", 1_000)]


async def test_what_was_noted_is_published_once_the_store_takes_it(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rooms.set_rules(RULE)

    with monkeypatch.context() as gone:
        gone.setattr(rooms.store, "append", away)
        with pytest.raises(UnavailableError):
            await rooms.send(HIGH)
    await rooms.look()
    await rooms.look()
    assert rooms.turns == [("s1", "raised", 1_000)]


async def test_what_a_gateway_noted_and_did_not_come_to_tell_another_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rooms = Rooms(tmp_path / "gateway.db", gateways=2)
    await rooms.set_rules(RULE)
    await rooms.look(1)
    with monkeypatch.context() as dying:
        dying.setattr(rooms.store, "append", away)
        with pytest.raises(UnavailableError):
            await rooms.send(HIGH)
    await rooms.look(1)
    assert rooms.turns == []  # it may just be telling
    for _ in range(3):
        await rooms.look(1)
    assert rooms.turns == [("s1", "raised", 1_000)]
    await rooms.send(FINE, gateway=1)
    await rooms.restart()
    await rooms.look()
    assert rooms.turns == [("s1", "raised", 1_000), ("s1", "resolved", 1_000)]
    await rooms.store.close()


async def test_who_acknowledge_at_once_are_each_told_once(rooms: Rooms) -> None:
    for sensor in ("s1", "s2", "s3"):
        await rooms.send(*[HIGH] * 6, sensor=sensor)
    raised = [each["alert_id"] for each in rooms.told]
    await asyncio.gather(*(rooms.alarms.acknowledge("acme", each, "marie") for each in raised))
    assert sorted(each["alert_id"] for each in rooms.told[3:]) == sorted(raised)


async def test_the_first_who_acknowledges_is_told_and_what_gets_worse_needs_it_anew(
    rooms: Rooms,
) -> None:
    await rooms.send(*[HIGH] * 6)
    alert_id = rooms.told[0]["alert_id"]
    for person in ("marie", "paul"):
        acknowledged = await rooms.alarms.acknowledge("acme", alert_id, person)
        assert acknowledged.acknowledged_by == "marie"
    assert [each.get("acknowledged_by") for each in rooms.told] == [None, "marie"]
    assert rooms.told[1]["state"] == "updated"
    await rooms.send(*[1_600] * 6)
    assert "acknowledged_by" not in rooms.told[2]
    (kept,) = await rooms.kept(open_only=True)
    assert kept.acknowledged_by is None


async def test_what_has_ended_or_is_another_tenants_cannot_be_acknowledged(rooms: Rooms) -> None:
    await rooms.send(*[HIGH] * 6)
    alert_id = rooms.told[0]["alert_id"]
    with pytest.raises(NotFoundError):
        await rooms.alarms.acknowledge("other", alert_id, "eve")
    await rooms.send(FINE)
    with pytest.raises(ConflictError):
        await rooms.alarms.acknowledge("acme", alert_id, "marie")


async def test_sensors_beyond_the_bound_are_counted(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(domain, "MOST_WATCHED", 1)
    await rooms.send(HIGH)
    await rooms.send(HIGH, sensor="s2")
    assert (rooms.alarms.watched, rooms.alarms.unwatched) == (1, 1)


async def test_what_ended_long_ago_is_let_go_of_and_what_is_open_stays(rooms: Rooms) -> None:
    await rooms.set_rules(RULE)
    await rooms.send(HIGH, FINE)
    await rooms.send(HIGH, sensor="s2")
    rooms.now += KEPT_DAYS * DAY_MS / 1_000
    await rooms.look()
    assert [each.sensor_id for each in await rooms.kept()] == ["s2"]

"""What is held of one tenant: bounded, and only while somebody listens."""

import asyncio

import pytest

from app.domain import channel as channels
from app.domain.channel import Bounds, Channel
from app.domain.ring import Entry
from app.model import Position, RoutingKey, Topic
from app.protocol.topics import Grant, Selection, parse_filters
from tests.domain.conftest import House, Open, alert, measured, numbers, until

EVERYTHING = Selection(parse_filters(["all"]), Grant())


def channel(**bounds: int) -> Channel:
    held = {"publications": 100, "frame_bytes": 10_000, **bounds}
    return Channel(Position("epoch", 0), Bounds(**held))


def record(into: Channel, *keys: RoutingKey) -> None:
    for sequence, key in enumerate(keys, start=1):
        into.record(Entry(sequence, key, b"frame"))


def digest(of: Channel, sequence: int = 1) -> list[int]:
    return [entry.sequence for entry in of.digest(EVERYTHING, sequence)]


class TestDigest:
    def test_it_is_the_latest_of_each_sensor_and_every_alert_in_order(self) -> None:
        held = channel()
        modules = RoutingKey(Topic.MODULES, "Maison", "Bureau")
        record(held, alert(), measured("s1"), measured("s2"), modules, measured("s1"), alert())
        assert digest(held) == [1, 3, 5, 6]
        assert digest(held, 4) == [5, 6]

    def test_the_sensor_not_heard_of_for_longest_makes_room(self) -> None:
        held = channel(sensors=2)
        record(held, measured("s1"), measured("s2"), measured("s1"), measured("s3"))
        assert digest(held) == [3, 4]

    def test_the_oldest_alert_makes_room(self) -> None:
        held = channel(alerts=2)
        record(held, alert(), alert(), alert())
        assert digest(held) == [2, 3]

    def test_a_backlog_is_no_sensors_latest(self) -> None:
        held = channel()
        record(held, measured("s1"))
        held.record(Entry(2, measured("s1"), b"frame"), backlog=True)
        assert digest(held) == [1]
        assert len(held.ring) == 2


class TestRoutes:
    async def test_a_key_finds_the_audiences_that_see_it(self, house: House) -> None:
        here, alerts = await house.join("all:Maison"), await house.join("alerts")
        held = house.channel()
        assert set(held.route(alert())) == {here.subscriber.audience, alerts.subscriber.audience}
        assert set(held.route(measured())) == {here.subscriber.audience}
        assert held.route(measured(enseigne="Ailleurs")) == ()

    async def test_a_new_audience_is_found_and_an_empty_one_is_not(self, house: House) -> None:
        first = await house.join("alerts")
        held = house.channel()
        assert held.route(alert()) == (first.subscriber.audience,)
        second = await house.join("all")
        assert len(held.route(alert())) == 2
        first.connection.abort()
        await until(lambda: len(house.desk.live) == 1)
        assert held.route(alert()) == (second.subscriber.audience,)

    async def test_as_many_are_remembered_as_the_bound_says(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(channels, "MAX_ROUTES", 10)
        await house.join()
        held = house.channel()
        for number in range(100):
            assert len(held.route(measured(f"s{number}"))) == 1
            assert len(held._routes) <= 10


class TestHolding:
    async def test_it_holds_on_while_nobody_listens_for_those_who_come_back(
        self, house: House
    ) -> None:
        dashboard = await house.join()
        house.publish(measured(), alert())
        dashboard.connection.abort()
        await until(lambda: not house.desk.live)
        assert not house.channel().audiences
        house.publish(measured())
        assert [entry.sequence for entry in house.channel().ring.since(1) or ()] == [1, 2, 3]

    async def test_the_position_goes_on_all_the_same(self, open_house: Open) -> None:
        async with open_house(publications=5) as house:
            house.publish(*[measured()] * 9)
            late = await house.join(started=False)
            house.dashboards.append(late)
            late.start()
            (greeting,) = await late.messages()
            assert greeting["position"].endswith("-9")
            house.publish(measured())
            assert numbers(await late.messages()) == [10]


class TestWaiting:
    async def test_who_waits_is_woken_by_what_matches(self, house: House) -> None:
        selection = Selection(parse_filters(["alerts"]), Grant())
        waiting = asyncio.ensure_future(house.channel().wait(selection, 60))
        await asyncio.sleep(0)
        house.publish(measured())
        await asyncio.sleep(0)
        assert not waiting.done()
        house.publish(alert(), alert())
        assert await waiting

    async def test_who_waits_for_nothing_is_told_so(self, house: House) -> None:
        assert not await house.channel().wait(EVERYTHING, 0.001)
        assert not house.channel()._waiting

    async def test_beyond_the_bound_nobody_waits(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(channels, "MAX_WAITING", 1)
        first = asyncio.ensure_future(house.channel().wait(EVERYTHING, 60))
        await asyncio.sleep(0)
        assert not await house.channel().wait(EVERYTHING, 60)
        house.publish(alert())
        assert await first

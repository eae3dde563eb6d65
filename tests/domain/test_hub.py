"""Fan-out: who gets what, when, how often, and what becomes of those who do not read."""

import asyncio
import random
import time

import pytest

from app.model import RoutingKey, Topic
from app.protocol.topics import Grant, parse_filters
from tests.domain.conftest import (
    House,
    Message,
    Open,
    alert,
    in_flight,
    measured,
    numbers,
    until,
)


class TestDelivery:
    async def test_everyone_of_the_tenant_gets_a_publication_once(self, house: House) -> None:
        dashboards = [await house.join() for _ in range(5)]
        (sequence,) = house.publish(measured())
        for dashboard in dashboards:
            assert numbers(await dashboard.messages()) == [sequence]
        assert house.hub.deliveries == 5
        assert house.hub.publications == 1

    async def test_it_comes_once_however_many_topics_match(self, house: House) -> None:
        dashboard = await house.join(
            "all", "measurements", "all:Maison", "measurements:Maison/Bureau"
        )
        house.publish(measured(), alert())
        assert numbers(await dashboard.messages()) == [1, 2]

    async def test_it_reaches_only_those_who_chose_it(self, house: House) -> None:
        here = await house.join("measurements:Maison")
        alerts = await house.join("alerts")
        nothing = await house.join("predictions:Ailleurs")
        house.publish(measured(), alert(), measured(enseigne="Ailleurs"))
        assert numbers(await here.messages()) == [1]
        assert numbers(await alerts.messages()) == [2]
        assert numbers(await nothing.messages()) == []

    async def test_it_reaches_only_those_who_may_see_it(self, house: House) -> None:
        narrowed = await house.join(grant=Grant(parse_filters(["alerts:Maison"])))
        sensor = await house.join(grant=Grant(sensors=frozenset({"s2"})))
        house.publish(measured("s1"), measured("s2"), alert("Maison"), alert("Ailleurs"))
        assert numbers(await narrowed.messages()) == [3]
        assert numbers(await sensor.messages()) == [2]

    async def test_no_tenant_sees_anothers(self, house: House) -> None:
        ours, theirs = await house.join(), await house.join(tenant="other")
        house.publish(measured())
        house.publish(measured(), measured(), tenant="other")
        assert {each["tenant"] for each in await ours.messages()} == {"acme"}
        assert [each["tenant"] for each in await theirs.messages()] == ["other", "other"]

    async def test_an_order_is_kept_across_topics_and_turns(self, house: House) -> None:
        dashboard = await house.join("measurements", "alerts")
        for _ in range(50):
            house.publish(*random.choices([measured(), alert()], k=3))  # noqa: S311  (no secret)
            if random.random() < 0.3:  # noqa: S311  (no secret)
                await asyncio.sleep(0)
        assert numbers(await dashboard.messages()) == list(range(1, 151))

    async def test_one_with_equal_choices_and_grants_shares_the_audience(
        self, house: House
    ) -> None:
        one, other = await house.join("alerts", "modules"), await house.join("modules", "alerts")
        narrowed = await house.join("alerts", "modules", grant=Grant(sensors=frozenset({"s1"})))
        assert one.subscriber.audience is other.subscriber.audience
        assert one.subscriber.audience is not narrowed.subscriber.audience


class TestTurns:
    async def test_the_first_after_a_quiet_turn_goes_at_once(self, house: House) -> None:
        dashboard = await house.join()
        house.publish(measured())
        assert numbers(dashboard.arrived()) == [1]

    async def test_what_follows_in_the_same_turn_goes_together_at_its_end(
        self, house: House
    ) -> None:
        dashboards = [await house.join(), await house.join()]
        house.publish(measured())
        house.publish(measured())
        house.publish(measured(), alert())
        audience = dashboards[0].subscriber.audience
        assert [numbers(each.arrived()) for each in dashboards] == [[1], [1]]
        assert len(audience.pending) == 3
        await asyncio.sleep(0)
        assert [numbers(each.arrived()) for each in dashboards] == [[2, 3, 4], [2, 3, 4]]
        assert audience.pending == []

    async def test_as_long_as_the_loop_is_busy_each_turns_go_together(self, house: House) -> None:
        dashboard = await house.join()
        house.publish(measured())
        house.publish(measured())
        await asyncio.sleep(0)
        assert numbers(dashboard.arrived()) == [1, 2]
        for sequence in (3, 5, 7):
            house.publish(measured())
            house.publish(measured())
            assert dashboard.arrived() == []
            await asyncio.sleep(0)
            assert numbers(dashboard.arrived()) == [sequence, sequence + 1]

    async def test_after_a_turn_without_any_it_is_quiet_again(self, house: House) -> None:
        dashboard = await house.join()
        house.publish(measured())
        await asyncio.sleep(0)
        house.publish(measured())
        assert numbers(dashboard.arrived()) == [1, 2]

    async def test_a_great_deal_at_once_does_not_wait_for_the_turns_end(self, house: House) -> None:
        dashboard = await house.join()
        house.publish(measured())
        for _ in range(30):
            house.publish(measured(), size=10_000)
        assert len(dashboard.subscriber.audience.pending) < 28

    async def test_who_joins_gets_what_comes_next_and_nothing_that_was_pending(
        self, house: House
    ) -> None:
        early = await house.join()
        late = await house.join(started=False)
        house.publish(measured())
        house.publish(measured())
        house.dashboards.append(late)
        late.start()
        house.publish(measured())
        (greeting, *rest) = await late.messages()
        assert greeting["position"].endswith("-2")
        assert numbers(rest) == [3]
        assert numbers(await early.messages()) == [1, 2, 3]

    async def test_who_changes_topics_gets_what_was_pending_by_the_old_ones(
        self, house: House
    ) -> None:
        dashboard = await house.join("measurements")
        house.publish(alert())
        house.publish(measured(), alert())
        dashboard.subscriber.text_received('{"type":"subscribe","topics":["alerts"]}')
        dashboard.subscriber.text_received('{"type":"unsubscribe","topics":["measurements"]}')
        house.publish(measured(), alert())
        first, subscribed, unsubscribed, last = await dashboard.messages()
        assert (first["n"], last["n"]) == (2, 5)
        assert subscribed["topics"] == ["alerts", "measurements"]
        assert unsubscribed["topics"] == ["alerts"]


class TestNotReading:
    async def test_who_does_not_read_is_skipped_and_holds_nobody_up(self, house: House) -> None:
        reader, deaf = await house.join(), await house.join()
        blocking = await house.block(deaf)
        following = house.publish(*[measured()] * 100, size=1_000)
        assert numbers(await reader.messages()) == blocking + following
        assert deaf.subscriber.missed_from

    async def test_it_costs_bounded_memory(self, open_house: Open) -> None:
        async with open_house(publications=50) as house:
            deaf = await house.join()
            await house.block(deaf)
            held = in_flight(deaf)
            for _ in range(200):
                house.publish(measured(), size=10_000)
                await asyncio.sleep(0)
            assert in_flight(deaf) == held < 100_000
            assert len(house.channel().ring) == 50

    async def test_it_catches_up_in_order_with_no_hole_and_no_repeat(self, house: House) -> None:
        deaf = await house.join()
        published = await house.block(deaf)
        for _ in range(100):
            published += house.publish(measured(), alert(), size=3_000)
            await asyncio.sleep(0)
        assert numbers(await deaf.messages()) == published
        assert deaf.subscriber.missed_from == 0
        house.publish(measured())
        assert numbers(deaf.arrived()) == [published[-1] + 1]

    async def test_it_catches_up_with_what_it_chose_alone(self, house: House) -> None:
        deaf = await house.join("measurements:Maison")
        published = await house.block(deaf)
        house.publish(alert(), measured(enseigne="Ailleurs"))
        published += house.publish(measured(), measured())
        assert numbers(await deaf.messages()) == published

    async def test_it_gets_what_is_published_while_it_catches_up_too(self, house: House) -> None:
        deaf = await house.join()
        published = await house.block(deaf)
        published += house.publish(*[measured()] * 100, size=10_000)
        received = numbers(deaf.arrived())
        for _ in range(300):
            published += house.publish(measured(), size=2_000)
            await asyncio.sleep(0)
            received += numbers(deaf.arrived())
        received += numbers(await deaf.messages())
        assert received == published

    async def test_at_most_one_piece_of_it_is_in_flight(self, house: House) -> None:
        deaf = await house.join()
        await house.block(deaf)
        house.publish(*[measured()] * 200, size=10_000)
        while deaf.subscriber.missed_from:
            deaf.arrived()
            await asyncio.sleep(0)
            assert in_flight(deaf) < 150_000  # the high-water mark and a piece


class TestTooFarBehind:
    async def test_it_gets_the_latest_of_each_sensor_every_alert_and_the_exact_rest(
        self, open_house: Open
    ) -> None:
        async with open_house(publications=20) as house:
            deaf = await house.join()
            got = await house.block(deaf)
            missed = house.publish(*[measured("s1"), measured("s2"), alert()] * 30)
            modules = RoutingKey(Topic.MODULES, "Maison", "Bureau")
            missed += house.publish(*[modules] * 25)
            received = await deaf.messages()
            lagged = next(each for each in received if each.get("type") == "lagged")
            before = received[: received.index(lagged)]
            after = numbers(received[received.index(lagged) :])
            latest, alerts = [missed[87], missed[88]], missed[2:90:3]
            assert numbers(before) == got
            assert after == sorted({*latest, *alerts})
            assert lagged["dropped"] == len(missed) - len(after)
            assert house.hub.lagged == 1
            assert house.hub.dropped == lagged["dropped"]

    async def test_what_it_caught_up_with_before_is_not_counted_as_dropped(
        self, open_house: Open
    ) -> None:
        async with open_house(publications=60) as house:
            deaf = await house.join()
            published = await house.block(deaf)
            published += house.publish(*[measured()] * 40, size=10_000)
            behind_from = deaf.subscriber.missed_from
            received = list[Message]()
            while deaf.subscriber.missed_from == behind_from:
                received += deaf.arrived()
                await asyncio.sleep(0)
            assert deaf.subscriber.missed_from <= published[-1]  # a piece of it is on its way
            published += house.publish(*[measured()] * 200, size=10)
            received += await deaf.messages()
            (lagged,) = (each for each in received if each.get("type") == "lagged")
            assert len(published) == len(numbers(received)) + lagged["dropped"]

    async def test_the_digest_is_of_what_it_chose_and_may_see(self, open_house: Open) -> None:
        async with open_house(publications=10) as house:
            deaf = await house.join("all:Maison", grant=Grant(sensors=frozenset({"filler", "s1"})))
            got = await house.block(deaf)
            house.publish(
                *[measured("s1"), measured("s2"), measured("s1", "Ailleurs"), alert()] * 10
            )
            (wanted,) = house.publish(measured("s1"))
            received = await deaf.messages()
            assert numbers(received) == [*got, wanted]
            assert received[len(got)] == {"type": "lagged", "dropped": 10}

    async def test_afterwards_it_is_live_again(self, open_house: Open) -> None:
        async with open_house(publications=10) as house:
            deaf = await house.join()
            await house.block(deaf)
            house.publish(*[measured()] * 20)
            await deaf.messages()
            (sequence,) = house.publish(measured())
            assert numbers(deaf.arrived()) == [sequence]

    @pytest.mark.parametrize("seed", range(5))
    async def test_whatever_happens_nothing_is_lost_uncounted_or_sent_twice(
        self, open_house: Open, seed: int
    ) -> None:
        chance = random.Random(seed)  # noqa: S311  (no secret)
        async with open_house(publications=40, frame_bytes=300_000) as house:
            dashboard = await house.join("measurements")
            published, received = list[int](), list[Message]()
            for _ in range(400):
                sensors = [measured(f"s{chance.randrange(3)}") for _ in range(chance.randrange(6))]
                published += house.publish(*sensors, size=chance.choice([10, 3_000, 12_000]))
                if chance.random() < 0.4:
                    await asyncio.sleep(0)
                if chance.random() < 0.2:
                    received += dashboard.arrived(chance.choice([5_000, 80_000, 10_000_000]))
            received += await dashboard.messages()
            sequences = numbers(received)
            dropped = sum(each.get("dropped", 0) for each in received)
            assert sequences == sorted(set(sequences))
            assert set(sequences) <= set(published)
            assert len(sequences) + dropped == len(published)
            assert dropped == house.hub.dropped > 0


class TestMovingWhileBehind:
    async def test_what_it_missed_is_chosen_by_the_new_topics(self, house: House) -> None:
        deaf = await house.join("measurements")
        got = await house.block(deaf)
        missed = house.publish(measured(), alert(), measured(enseigne="Ailleurs"), alert())
        deaf.subscriber.text_received('{"type":"subscribe","topics":["alerts"]}')
        deaf.subscriber.text_received('{"type":"unsubscribe","topics":["measurements"]}')
        missed += house.publish(measured(), alert())
        assert numbers(await deaf.messages()) == [*got, missed[1], missed[3], missed[5]]

    async def test_the_only_listener_keeps_what_it_missed(self, open_house: Open) -> None:
        async with open_house(publications=10) as house:
            deaf = await house.join("measurements")
            got = await house.block(deaf)
            missed = house.publish(*[measured()] * 30)
            deaf.subscriber.text_received('{"type":"subscribe","topics":["modules"]}')
            received = await deaf.messages()
            assert numbers(received) == [*got, missed[-1]]
            assert {"type": "lagged", "dropped": 29} in received


class TestLeaving:
    async def test_who_has_gone_is_sent_nothing(self, house: House) -> None:
        staying, leaving = await house.join(), await house.join()
        leaving.connection.abort()
        leaving.socket.close()
        await until(lambda: len(house.desk.live) == 1)
        house.publish(measured())
        assert house.hub.deliveries == 1
        assert numbers(await staying.messages()) == [1]

    async def test_however_many_do_not_read_nobody_else_waits(self, house: House) -> None:
        reader = await house.join()
        deaf = [await house.join() for _ in range(60)]
        for each in deaf:
            await house.block(each)
        await reader.messages()
        started = time.process_time()
        (sequence,) = house.publish(measured())
        assert numbers(reader.arrived()) == [sequence]
        assert time.process_time() - started < 1

"""Fan-out to those who negotiated permessage-deflate: deflated once for all of them."""

from app.domain.stats import stats
from tests.domain.conftest import House, alert, measured, numbers


async def test_it_reaches_each_once_deflated_where_that_was_negotiated(house: House) -> None:
    plain = await house.join()
    topics = ("all", "all", "alerts", "measurements")
    deflating = [await house.join(topic, deflates=True) for topic in topics]
    (sequence,) = house.publish(measured(), size=1_000)
    received = [numbers(await each.messages()) for each in deflating]
    assert received == [[sequence], [sequence], [], [sequence]]
    assert [each.deflated for each in deflating] == [1, 1, 0, 1]
    assert numbers(await plain.messages()) == [sequence]
    assert plain.deflated == 0


async def test_what_is_deflated_is_one_object_for_all_audiences(house: House) -> None:
    members = [await house.join(topic, deflates=True) for topic in ("all", "measurements")]
    house.publish(measured())
    house.publish(measured(), size=1_000)
    one, other = (member.subscriber.audience.pending for member in members)
    assert one[0] is other[0]
    assert len(one[0]) < 200


async def test_those_who_did_not_negotiate_it_are_an_audience_of_their_own(house: House) -> None:
    one, other = await house.join("alerts"), await house.join("alerts", deflates=True)
    third = await house.join("alerts", deflates=True)
    assert one.subscriber.audience is not other.subscriber.audience
    assert other.subscriber.audience is third.subscriber.audience
    assert stats(house.hub, "acme").subscriptions["alerts"] == 3


async def test_each_is_a_message_of_its_own_though_written_together(house: House) -> None:
    dashboard = await house.join(deflates=True)
    published = house.publish(*[measured(), alert()] * 50, size=500)
    assert numbers(dashboard.arrived()) == published
    assert dashboard.deflated == 100


async def test_who_fell_behind_is_served_from_the_ring_undeflated(house: House) -> None:
    deaf = await house.join(deflates=True)
    await house.block(deaf)
    published = house.publish(*[measured()] * 300, size=2_000)
    received = await deaf.messages()
    assert numbers(received) == list(range(1, published[-1] + 1))
    before = deaf.deflated
    (sequence,) = house.publish(measured(), size=2_000)
    assert numbers(deaf.arrived()) == [sequence]
    assert deaf.deflated == before + 1

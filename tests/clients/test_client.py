"""The Python client against a gateway that goes away and comes back, and one that refuses."""

import asyncio
from collections import Counter
from contextlib import aclosing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import pytest
from iaqverse import Device, Publisher, Subscriber, SubscriptionEndedError
from iaqverse.wire import Body

from tests.conftest import Running, Start
from tests.edge.separate import separate
from tests.edge.wire import PLACE

VALUES = {"CO2": 645}


class Listening:
    """A subscriber in the background, and what it was given."""

    def __init__(self, subscriber: Subscriber) -> None:
        self.subscriber = subscriber
        self.received: list[dict[str, Any]] = []

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _listen(self) -> None:
        async for message in self.subscriber:
            self.received.append(message)

    async def has(self, count: int) -> None:
        async with asyncio.timeout(20):
            while len(self.received) < count:  # noqa: ASYNC110  (what a subscriber is given)
                await asyncio.sleep(0.01)


async def test_what_is_measured_through_a_crash_is_there_once_and_in_order(tmp_path: Path) -> None:
    async with separate(tmp_path) as first:
        url, device_token = first.url, first.token("device")
        listening = Listening(Subscriber(url, first.token("dashboard"), topics=["measurements"]))
        async with listening, Device(url, device_token) as device:
            await started(listening)
            for number in range(50):
                device.measure("s1", "Maison", "Bureau", VALUES, at=1_763_546_700 + number)
            await device.flushed()
            first.process.kill()
            await first.process.wait()
            for number in range(50, 100):
                device.measure("s1", "Maison", "Bureau", VALUES, at=1_763_546_700 + number)
            async with separate(tmp_path, f"127.0.0.1:{first.port}"):
                await device.flushed()
                await listening.has(100)
    times = [message["timestamp"] for message in listening.received]
    assert times == sorted(set(times))
    assert len(times) == 100
    assert device.tally.stored + device.tally.duplicate == 100


async def started(listening: Listening) -> None:
    async with asyncio.timeout(20):
        while listening.subscriber.position is None:  # noqa: ASYNC110  (as above)
            await asyncio.sleep(0.01)


async def test_who_comes_another_day_goes_on_where_it_was(gateway: Running) -> None:
    token = gateway.token("dashboard")
    async with Device(gateway.url, gateway.token("device")) as device:
        async with Listening(Subscriber(gateway.url, token)) as before:
            await started(before)
            device.measure("s1", "Maison", "Bureau", VALUES)
            await before.has(1)
        device.measure("s1", "Maison", "Bureau", VALUES)
        await device.flushed()
        again = Subscriber(gateway.url, token, after=before.subscriber.position)
        async with Listening(again) as after:
            await after.has(1)
    first, second = (
        datetime.fromisoformat(each.received[0]["timestamp"]) for each in (before, after)
    )
    assert first < second  # as text, a whole second is after its fractions


async def test_a_place_that_is_not_kept_any_more_is_told(gateway: Running) -> None:
    gaps: list[bool] = []
    subscriber = Subscriber(
        gateway.url, gateway.token("dashboard"), after="elsewhere-1", gap=lambda: gaps.append(True)
    )
    async with Listening(subscriber) as listening:
        async with Device(gateway.url, gateway.token("device")) as device:
            while not gaps:  # noqa: ASYNC110  (as above)
                await asyncio.sleep(0.01)
            device.measure("s1", "Maison", "Bureau", VALUES)
        await listening.has(1)
    assert gaps == [True]


async def test_topics_narrow_what_comes(gateway: Running) -> None:
    subscriber = Subscriber(gateway.url, gateway.token("dashboard"), topics=["modules"])
    async with Listening(subscriber) as listening:
        await started(listening)
        async with Device(gateway.url, gateway.token("device")) as device:
            device.measure("s1", "Maison", "Bureau", VALUES)
        async with Publisher(gateway.url, gateway.token("service")) as publisher:
            body = PLACE | {"module_id": "w1", "kind": "window", "state": "open"}
            publisher.publish("modules", body)
        await listening.has(1)
    assert [message["type"] for message in listening.received] == ["module"]
    assert publisher.tally.published == 1


async def test_what_is_never_taken_is_told_with_the_reason(gateway: Running) -> None:
    refused: list[tuple[str, str]] = []

    def note(item: Body, verdict: Any) -> None:
        refused.append((item["sensor_id"], verdict.code))

    async with Device(gateway.url, gateway.token("device", sensors=["s1"]), refused=note) as device:
        device.measure("s1", "Maison", "Bureau", VALUES)
        device.measure("s2", "Maison", "Bureau", VALUES)
    assert refused == [("s2", "unknown_sensor")]
    assert (device.tally.stored, device.waiting) == (1, 0)


async def test_what_cannot_be_sent_is_refused_at_once_and_holds_nothing_up(
    gateway: Running,
) -> None:
    async with Device(gateway.url, gateway.token("device")) as device:
        with pytest.raises(ValueError, match="surrogates"):
            device.measure("s\ud800", "Maison", "Bureau", VALUES)
        device.measure("s1", "Maison", "Bureau", VALUES)
    async with Publisher(gateway.url, gateway.token("service")) as publisher:
        body = PLACE | {"module_id": "w1", "kind": "window", "state": "open"}
        with pytest.raises(ValueError, match="surrogates"):
            publisher.publish("modules", body | {"state": "\ud800"})
        publisher.publish("no\ntopic?", body)
        publisher.publish("modules", body)
    assert (device.tally.stored, device.waiting) == (1, 0)
    assert (publisher.tally.published, publisher.waiting) == (1, 0)


async def test_a_token_that_ends_is_asked_for_anew(start: Start) -> None:
    async with start() as gateway:
        given: Counter[str] = Counter()

        async def renew() -> str:
            given["token"] += 1
            return gateway.token("dashboard", ttl=2 if given["token"] == 1 else 600)

        async with Listening(Subscriber(gateway.url, renew)) as listening:
            async with asyncio.timeout(20):
                while given["token"] < 2:  # noqa: ASYNC110  (as above)
                    await asyncio.sleep(0.05)
            await started(listening)  # what came before that it would not be given
            async with Device(gateway.url, gateway.token("device")) as device:
                device.measure("s1", "Maison", "Bureau", VALUES)
            await listening.has(1)


@pytest.mark.parametrize(("role", "code"), [("nobody", 401), ("device", 403)])
async def test_it_ends_where_coming_back_is_of_no_use(
    gateway: Running, role: str, code: int
) -> None:
    token = "no.such.token" if role == "nobody" else gateway.token(role)
    with pytest.raises(SubscriptionEndedError) as ended:
        async with aclosing(aiter(Subscriber(gateway.url, token))) as messages:
            await anext(messages)
    assert ended.value.code == code

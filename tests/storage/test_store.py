"""The contract of `app.storage.base.Store`: every backend passes it."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from app.errors import ConflictError, UnavailableError
from app.model import Position, Publication, RoutingKey, Topic
from app.protocol.topics import NAMES, Grant, Selection, TopicFilter, parse_filters
from app.storage.base import Bucket, Draft, Extent, Kept, Period, Store, Taken
from app.storage.records import tenants
from app.storage.records.tenants import Tenant
from app.storage.sql import Sql
from tests.storage.conftest import EVERYTHING, Backend, Opened, completed, draft, kept

EVER = Period(0, 4_000_000_000_000)
NOW_MS = 1_763_546_700_000


class TestAppending:
    @pytest.mark.parametrize(
        "values",
        [
            {"CO2": 645, "PM25": 12, "TVOC": 0.2, "Temperature": 22.3, "Humidity": 45},
            {"Temperature": -0.1, "NO2": 4, "Lux": 12.5},
            {"TVOC": 1e-9, "Humidity": 1_000_000_000},
        ],
    )
    async def test_a_measurement_comes_back_as_it_was_sent(
        self, store: Store, values: dict[str, float]
    ) -> None:
        key = RoutingKey(Topic.MEASUREMENTS, "L'été \U0001f600", 'a"b', "capteur n°2")
        sent = draft(key=key, values=values, received_ms=1_763_546_699_999)
        await self._comes_back(store, sent)

    @pytest.mark.parametrize("late_ms", [300_000, 300_001, 32_000_000_000])
    @pytest.mark.parametrize("values", [{"CO2": 645}, {"CO2": 645, "NO2": 4}])
    async def test_a_backlog_comes_back_as_one(
        self, store: Store, values: dict[str, float], late_ms: int
    ) -> None:
        time_ms = 1_763_546_700_000
        sent = draft(values=values, time_ms=time_ms, received_ms=time_ms + late_ms)
        assert (b'"backlog":true' in sent.head) == sent.backlog == (late_ms > 300_000)
        await self._comes_back(store, sent)
        assert (await store.newest("acme", EVERYTHING, 1))[0].backlog == sent.backlog

    async def test_a_notice_comes_back_as_it_was_sent(self, store: Store) -> None:
        for key in (RoutingKey(Topic.ALERTS, "Maison", "Bureau", "s1"), RoutingKey(Topic.ACTIONS)):
            await self._comes_back(store, draft(key=key, head=b'{"salle":"R\xc3\xa9union"'))

    async def _comes_back(self, store: Store, sent: Draft) -> None:
        publication = kept((await store.append([sent]))[0])
        assert publication.tenant == "acme"
        assert publication.key == sent.key
        position = str(publication.position).encode()
        assert publication.text == sent.head + b',"position":"' + position + b'"}'
        assert await store.newest("acme", EVERYTHING, 1) == [publication]

    async def test_positions_are_counted_from_1_without_holes(self, store: Store) -> None:
        outcomes = await store.append([draft() for _ in range(3)])
        outcomes += await store.append([draft(), draft()])
        assert [kept(outcome).position.sequence for outcome in outcomes] == [1, 2, 3, 4, 5]

    async def test_the_position_is_the_newest_ones(self, store: Store) -> None:
        before = await store.position("acme")
        assert before.sequence == 0
        outcomes = await store.append([draft(), draft()])
        assert await store.position("acme") == kept(outcomes[-1]).position
        assert kept(outcomes[-1]).position.epoch == before.epoch

    async def test_extents_are_of_the_tenants_that_were_ever_seen(self, store: Store) -> None:
        (_, last) = await store.append([draft(), draft()])
        seen = await store.position("beta")
        assert await store.extents(["acme", "beta", "nobody"]) == {
            "acme": Extent(kept(last).position, 1),
            "beta": Extent(seen, 1),
        }
        assert await store.extents([]) == {}

    async def test_nothing_to_keep_is_kept_at_once(self, store: Store) -> None:
        assert await store.append([]) == []

    async def test_senders_at_once_get_an_order_without_holes_or_repeats(
        self, opened: Opened
    ) -> None:
        answers = await asyncio.gather(
            *(opened.store.append([draft(), draft("other"), draft()]) for _ in range(100))
        )
        for tenant, expected in (("acme", 200), ("other", 100)):
            found = await opened.store.after(tenant, 0, EVERYTHING, 1_000)
            assert [each.position.sequence for each in found] == list(range(1, expected + 1))
            answered = [kept(each) for answer in answers for each in answer]
            answered = [each for each in answered if each.tenant == tenant]
            assert sorted(answered, key=lambda each: each.position.sequence) == found

    async def test_committed_hears_everything_once_and_in_order(self, opened: Opened) -> None:
        await asyncio.gather(*(opened.store.append([draft(), draft()]) for _ in range(50)))
        assert opened.committed == await opened.store.after("acme", 0, EVERYTHING, 1_000)
        assert len(opened.commits) < 50  # those who wait share a commit

    async def test_committed_hears_before_the_sender_is_answered(self, opened: Opened) -> None:
        (outcome,) = await opened.store.append([draft()])
        assert opened.committed == [kept(outcome)]

    async def test_what_commits_after_a_position_was_given_comes_after_it(
        self, opened: Opened
    ) -> None:
        store = opened.store

        async def asks() -> None:
            position = await store.position("acme")
            heard = len(opened.committed)
            await store.append([draft()])
            later = opened.committed[heard:]
            assert later
            assert all(each.position.sequence > position.sequence for each in later)

        await asyncio.gather(*(asks() for _ in range(100)))


class TestDuplicates:
    async def test_the_same_measurement_again_is_answered_with_the_first(
        self, opened: Opened
    ) -> None:
        sent = draft()
        first, again = await opened.store.append([sent, structs.replace(sent, received_ms=9)])
        assert again == Kept(kept(first), duplicate=True)
        assert await opened.store.append([sent]) == [again]
        assert opened.committed == [kept(first)]

    async def test_other_values_at_that_time_are_taken(self, opened: Opened) -> None:
        sent = draft()
        first = kept((await opened.store.append([sent]))[0])
        others = [
            draft(time_ms=sent.time_ms, key=structs.replace(sent.key, salle="Salon")),
            *(
                draft(time_ms=sent.time_ms, values=values)
                for values in ({"CO2": 646}, {"CO2": 645, "NO2": 1}, {"PM25": 645})
            ),
        ]
        assert await opened.store.append(others) == [Taken()] * len(others)
        assert await opened.store.after("acme", 0, EVERYTHING, 10) == [first]

    async def test_neither_uses_up_a_position(self, store: Store) -> None:
        sent = draft()
        other = draft(time_ms=sent.time_ms, values={"CO2": 1})
        outcomes = await store.append([sent, sent, other, draft()])
        assert kept(outcomes[-1]).position.sequence == 2

    async def test_only_tenant_sensor_and_time_together_make_one(self, store: Store) -> None:
        sent = draft()
        outcomes = await store.append(
            [
                sent,
                structs.replace(sent, tenant="other"),
                completed(structs.replace(sent, key=structs.replace(sent.key, sensor_id="s2"))),
                completed(structs.replace(sent, time_ms=sent.time_ms + 1)),
            ]
        )
        assert all(isinstance(each, Kept) and not each.duplicate for each in outcomes)

    @pytest.mark.parametrize("topic", [topic for topic in Topic if topic != Topic.MEASUREMENTS])
    async def test_other_topics_may_say_the_same_again(self, store: Store, topic: Topic) -> None:
        sent = draft(key=RoutingKey(topic, "Maison", "Bureau", "s1"))
        outcomes = await store.append([sent, sent])
        assert [kept(each).position.sequence for each in outcomes] == [1, 2]
        assert not any(isinstance(each, Kept) and each.duplicate for each in outcomes)


class TestReading:
    async def test_after_gives_the_oldest_and_newest_the_newest_both_in_order(
        self, store: Store
    ) -> None:
        everything = [kept(each) for each in await store.append([draft() for _ in range(10)])]
        assert await store.after("acme", 3, EVERYTHING, 4) == everything[3:7]
        assert await store.newest("acme", EVERYTHING, 4) == everything[6:]
        assert await store.after("acme", 10, EVERYTHING, 4) == []
        assert await store.after("nobody", 0, EVERYTHING, 4) == []

    async def test_what_was_answered_can_be_read(self, store: Store) -> None:
        for number in range(20):
            (outcome,) = await store.append([draft()])
            assert await store.after("acme", number, EVERYTHING, 5) == [kept(outcome)]

    async def test_measurements_are_chosen_by_their_own_time(self, store: Store) -> None:
        late, early, noise = (
            draft(time_ms=2_000),
            draft(time_ms=1_000),
            draft(time_ms=1_500, key=RoutingKey(Topic.ALERTS)),
        )
        outcomes = await store.append([late, early, noise])
        in_time_order = [kept(outcomes[1]), kept(outcomes[0])]
        assert await store.measurements("acme", EVER, EVERYTHING) == in_time_order
        for start, end, expected in (
            (1_000, 2_000, in_time_order[:1]),
            (1_001, 2_001, in_time_order[1:]),
        ):
            assert await store.measurements("acme", Period(start, end), EVERYTHING) == expected

    async def test_the_newest_measurements_win_where_there_are_too_many(self, store: Store) -> None:
        await store.append([draft(time_ms=number) for number in range(10)])
        everything = await store.measurements("acme", EVER, EVERYTHING)
        limited = await store.measurements("acme", replace(EVER, limit=3), EVERYTHING)
        assert limited == everything[-3:]

    @pytest.mark.parametrize("column", ["enseigne", "salle", "sensor_id"])
    async def test_a_place_or_a_sensor_narrows_the_history(self, store: Store, column: str) -> None:
        elsewhere: dict[str, Any] = {column: "elsewhere"}
        sent = draft()
        other = draft(key=structs.replace(sent.key, **elsewhere))
        outcomes = await store.append([sent, other])
        narrowed = replace(EVER, **elsewhere)
        assert await store.measurements("acme", narrowed, EVERYTHING) == [kept(outcomes[1])]
        (bucket,) = await store.buckets("acme", replace(narrowed, step_ms=1), EVERYTHING)
        assert bucket.key == other.key


class TestBuckets:
    async def test_a_bucket_has_the_mean_of_each_quantity_that_was_measured(
        self, store: Store
    ) -> None:
        await store.append(
            [
                draft(time_ms=60_000, values={"CO2": 400, "TVOC": 0.5, "NO2": 3}),
                draft(time_ms=119_999, values={"CO2": 500, "NO2": 4}),
                draft(time_ms=180_000, values={"CO2": 600}),
            ]
        )
        key = draft().key
        assert await store.buckets("acme", replace(EVER, step_ms=60_000), EVERYTHING) == [
            Bucket(60_000, key, {"CO2": 450.0, "TVOC": 0.5, "NO2": 3.5}),
            Bucket(180_000, key, {"CO2": 600.0}),
        ]

    async def test_each_sensor_has_buckets_of_its_own_and_the_newest_win(
        self, store: Store
    ) -> None:
        keys = [structs.replace(draft().key, sensor_id=name) for name in ("s1", "s2")]
        for time_ms, key in product((0, 10, 20), keys):
            await store.append([draft(time_ms=time_ms, key=key, values={"CO2": time_ms})])
        period = replace(EVER, step_ms=10, limit=3)
        found = await store.buckets("acme", period, EVERYTHING)
        assert [(each.start_ms, each.key.sensor_id) for each in found] == [
            (10, "s2"), (20, "s1"), (20, "s2"),
        ]  # fmt: skip


places = st.sampled_from(["Maison", "all", "L'été \U0001f600", 'a"b'])
sensors = st.sampled_from(["s1", "capteur n°2", 'x"], "s1'])
filters = st.one_of(
    st.builds(TopicFilter, st.sampled_from(NAMES)),
    st.builds(TopicFilter, st.sampled_from(NAMES), places),
    st.builds(TopicFilter, st.sampled_from(NAMES), places, places),
)
selections = st.builds(
    Selection,
    st.frozensets(filters, max_size=3),
    st.builds(
        Grant,
        st.none() | st.frozensets(filters, max_size=3),
        st.none() | st.frozensets(sensors, max_size=2),
    ),
)


class TestSelecting:
    """A store shows through a selection exactly what `Selection.matches` lets through."""

    async def _fill(self, store: Store) -> list[Publication]:
        somewhere = [None, "Maison", "all", "L'été \U0001f600"]
        everyone = [None, "s1", "capteur n°2"]
        keys = [RoutingKey(*each) for each in product(Topic, somewhere, somewhere, everyone)]
        drafts = [
            draft(key=key)
            for key in keys
            if key.topic is not Topic.MEASUREMENTS
            or None not in (key.enseigne, key.salle, key.sensor_id)
        ]
        return [kept(outcome) for outcome in await store.append(drafts)]

    async def test_after_and_newest(self, store: Store) -> None:
        everything = await self._fill(store)

        async def agrees(selection: Selection) -> None:
            expected = [each for each in everything if selection.matches(each.key)]
            assert await store.after("acme", 0, selection, 1_000) == expected
            assert await store.newest("acme", selection, 1_000) == expected

        await hold(agrees)

    async def test_measurements_and_buckets(self, store: Store) -> None:
        everything = await self._fill(store)

        async def agrees(selection: Selection) -> None:
            expected = [
                each
                for each in everything
                if each.key.topic is Topic.MEASUREMENTS and selection.matches(each.key)
            ]
            assert await store.measurements("acme", EVER, selection) == expected
            buckets = await store.buckets("acme", replace(EVER, step_ms=1), selection)
            assert [each.key for each in buckets] == [each.key for each in expected]

        await hold(agrees)


async def hold(agrees: Callable[[Selection], Awaitable[None]]) -> None:
    """For all selections; hypothesis draws in a thread, the store answers on this loop."""
    loop = asyncio.get_running_loop()

    @settings(max_examples=60)
    @given(selections)
    def check(selection: Selection) -> None:
        async def awaited() -> None:
            await agrees(selection)

        asyncio.run_coroutine_threadsafe(awaited(), loop).result()

    await asyncio.to_thread(check)


class TestTenants:
    async def test_one_never_sees_anothers(self, store: Store) -> None:
        mine, theirs = (kept(each) for each in await store.append([draft(), draft("other")]))
        step = replace(EVER, step_ms=1)
        for tenant, own in (("acme", [mine]), ("other", [theirs]), ("third", [])):
            assert await store.after(tenant, 0, EVERYTHING, 10) == own
            assert await store.newest(tenant, EVERYTHING, 10) == own
            assert await store.measurements(tenant, EVER, EVERYTHING) == own
            assert len(await store.buckets(tenant, step, EVERYTHING)) == len(own)
            assert (await store.position(tenant)).sequence == len(own)

    async def test_positions_of_one_are_foreign_to_another(self, store: Store) -> None:
        mine, theirs = (kept(each) for each in await store.append([draft(), draft("other")]))
        assert mine.position.sequence == theirs.position.sequence
        assert mine.position.epoch != theirs.position.epoch
        assert Position.parse(str(mine.position)) == mine.position


class TestRecords:
    async def test_what_was_done_is_consulted_afterwards(self, store: Store) -> None:
        await store.transact(lambda sql: tenants.add(sql, "acme", NOW_MS))
        assert await store.consult(tenants.listed) == [Tenant("acme", NOW_MS, disabled=False)]

    async def test_what_raises_keeps_nothing_and_fails_alone(self, store: Store) -> None:
        def half(sql: Sql) -> None:
            tenants.add(sql, "half", NOW_MS)
            raise ConflictError("no")

        done = await asyncio.gather(
            store.transact(lambda sql: tenants.add(sql, "one", NOW_MS)),
            store.transact(half),
            store.transact(lambda sql: tenants.add(sql, "two", NOW_MS)),
            store.append([draft("acme")]),
            return_exceptions=True,
        )
        assert isinstance(done[1], ConflictError)
        assert isinstance(done[3], list)
        names = [tenant.name for tenant in await store.consult(tenants.listed)]
        assert names == ["acme", "one", "two"]

    async def test_nothing_is_changed_by_consulting(self, store: Store) -> None:
        await store.consult(lambda sql: tenants.add(sql, "acme", NOW_MS))
        assert await store.consult(tenants.listed) == []


class TestFaults:
    async def test_what_cannot_be_kept_takes_nobody_along(self, opened: Opened) -> None:
        store, impossible = opened.store, structs.replace(draft(), reading=None)
        answers = await asyncio.gather(
            store.append([draft()]),
            store.append([draft(), impossible]),
            store.append([draft(), draft()]),
            return_exceptions=True,
        )
        assert isinstance(answers[1], UnavailableError)
        assert [each.position.sequence for each in opened.committed] == [1, 2, 3]
        assert await store.after("acme", 0, EVERYTHING, 10) == opened.committed
        assert store.writer.waiting == 0

    async def test_a_sender_that_gives_up_takes_nobody_along(self, store: Store) -> None:
        leaving = asyncio.ensure_future(store.append([draft()]))
        staying = asyncio.ensure_future(store.append([draft()]))
        await asyncio.sleep(0)
        leaving.cancel()
        assert kept((await staying)[0])
        await store.check()
        assert store.writer.waiting == 0


class TestLife:
    async def test_opened_again_it_goes_on_where_it_was(self, backend: Backend) -> None:
        sent = draft()
        async with backend() as first:
            publication = kept((await first.store.append([sent]))[0])
        async with backend() as second:
            assert await second.store.position("acme") == publication.position
            assert await second.store.append([sent]) == [Kept(publication, duplicate=True)]
            following = kept((await second.store.append([draft()]))[0]).position
            assert following == Position(publication.position.epoch, 2)

    async def test_closing_commits_what_waits(self, backend: Backend) -> None:
        async with backend() as first:
            waiting = [asyncio.ensure_future(first.store.append([draft()])) for _ in range(100)]
            await asyncio.sleep(0)
        outcomes = await asyncio.gather(*waiting)
        async with backend() as second:
            found = await second.store.after("acme", 0, EVERYTHING, 1_000)
        assert found == [kept(outcome) for (outcome,) in outcomes]

    async def test_a_closed_store_keeps_nothing(self, backend: Backend) -> None:
        async with backend() as opened:
            pass
        with pytest.raises(UnavailableError):
            await opened.store.append([draft()])
        with pytest.raises(UnavailableError):
            await opened.store.check()

    async def test_what_waits_is_bounded_and_beyond_it_nothing_is_kept(
        self, backend: Backend
    ) -> None:
        async with backend(capacity=10) as opened:
            with pytest.raises(UnavailableError) as refused:
                await opened.store.append([draft() for _ in range(11)])
            assert refused.value.details == {"part": "store", "retry_after": 1}
            answers = await asyncio.gather(
                *(opened.store.append([draft() for _ in range(4)]) for _ in range(3)),
                return_exceptions=True,
            )
            assert [isinstance(answer, UnavailableError) for answer in answers] == [
                False, False, True,
            ]  # fmt: skip
            assert len(opened.committed) == 8
            await opened.store.append([draft() for _ in range(10)])

    async def test_a_working_store_says_so(self, store: Store) -> None:
        await store.check()

    async def test_a_listener_that_fails_leaves_no_sender_waiting(self, backend: Backend) -> None:
        heard: list[str] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: heard.append(str(context["exception"])))

        def fails(publications: Sequence[Publication]) -> None:
            raise ValueError(len(publications))

        async with backend(capacity=1, committed=fails) as opened:
            for _ in range(2):
                assert kept((await opened.store.append([draft()]))[0])
        assert heard == ["1", "1"]


def test_a_selection_of_many_topics_is_no_harder(backend: Backend) -> None:
    chosen = parse_filters(f"measurements:e{number}/s{number}" for number in range(128))

    async def ask() -> None:
        async with backend() as opened:
            (outcome, _) = await opened.store.append(
                [draft(key=RoutingKey(Topic.MEASUREMENTS, "e7", "s7", "x")), draft()]
            )
            selection = Selection(chosen, Grant(chosen, frozenset(f"s{n}" for n in range(9_999))))
            assert await opened.store.newest("acme", selection, 5) == []
            selection = Selection(chosen, Grant(chosen, frozenset({"x"})))
            assert await opened.store.newest("acme", selection, 5) == [kept(outcome)]

    asyncio.run(ask())

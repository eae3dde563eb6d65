"""The contract of `Store.roll_up`, `prune` and `oldest`: every backend passes it."""

from dataclasses import replace

import pytest
from msgspec import structs

from app.model import RoutingKey, Topic
from app.storage.base import DAY_MS, HOUR_MS, WEEK_MS, Past, Period, PrunedError, Retention, Store
from app.storage.records import tenants
from tests.storage.conftest import EVERYTHING, KEY, draft, kept

NOW = 1_763_546_700_000
EVER = Period(0, 4_000_000_000_000)
MANY = 5_000
"""Publications: more than any backend takes in one part."""


def days_ago(days: float) -> int:
    return NOW - round(days * DAY_MS)


async def fill(store: Store, *ages: float, tenant: str = "acme") -> None:
    """One measurement for each age in days, received when it was measured."""
    for number, age in enumerate(ages):
        time_ms = days_ago(age) + number
        await store.append([draft(tenant, time_ms=time_ms, received_ms=time_ms)])


async def rolled_up(store: Store) -> None:
    while await store.roll_up():
        pass


async def prune(store: Store, **days: int) -> int:
    """How many rows went, in however many parts."""
    await rolled_up(store)
    rows, more = 0, True
    while more:
        pruned = await store.prune(Retention(**days), NOW)
        rows, more = rows + pruned.rows, pruned.more
    return rows


class TestRollingUp:
    @pytest.mark.parametrize("step_ms", [HOUR_MS, 6 * HOUR_MS, DAY_MS, WEEK_MS])
    async def test_means_are_the_same_before_while_and_after(
        self, store: Store, step_ms: int
    ) -> None:
        period = replace(EVER, step_ms=step_ms, limit=10_000)
        sent = [
            draft(
                time_ms=NOW + number * 777_777,
                key=structs.replace(KEY, sensor_id=f"s{number % 3}"),
                values={"CO2": number, "NO2": 2 * number} if number % 2 else {"TVOC": 0.5},
            )
            for number in range(MANY)
        ]
        await store.append(sent)
        before = await store.buckets("acme", period, EVERYTHING)
        assert before
        while await store.roll_up():
            assert await store.buckets("acme", period, EVERYTHING) == before
        assert await store.buckets("acme", period, EVERYTHING) == before

    async def test_a_week_begins_on_monday_in_utc(self, store: Store) -> None:
        sunday, monday = 1_763_942_399_999, 1_763_942_400_000  # 2025-11-23T23:59:59.999Z, +1 ms
        await store.append([draft(time_ms=each) for each in (sunday, monday)])
        weeks = await store.buckets("acme", replace(EVER, step_ms=WEEK_MS), EVERYTHING)
        assert [each.start_ms for each in weeks] == [monday - WEEK_MS, monday]

    async def test_it_says_how_many_are_left_and_does_them_in_parts(self, store: Store) -> None:
        await store.append([draft() for _ in range(MANY)])
        left = [MANY, await store.roll_up()]
        while left[-1]:
            left.append(await store.roll_up())
        assert left == sorted(left, reverse=True)
        assert len(left) > 2  # no part is all of it
        assert await store.roll_up() == 0

    async def test_what_comes_in_between_two_parts_is_taken_in_once(self, store: Store) -> None:
        for number in range(3):
            await store.append([draft(time_ms=number, values={"CO2": number})])
            await rolled_up(store)
        (hour,) = await store.buckets("acme", replace(EVER, step_ms=HOUR_MS), EVERYTHING)
        assert hour.values == {"CO2": 1.0}


class TestPruning:
    async def test_by_default_nothing_ever_goes(self, store: Store) -> None:
        await fill(store, 9_000, 1)
        assert await prune(store) == 0
        assert len(await store.after("acme", 0, EVERYTHING, 10)) == 2

    async def test_what_was_received_too_long_ago_goes_and_asking_for_it_is_refused(
        self, store: Store
    ) -> None:
        await fill(store, 12, 11, 9)
        assert await store.oldest("acme") == 1
        assert await prune(store, raw_days=10) == 2
        assert await store.oldest("acme") == 3
        assert len(await store.after("acme", 2, EVERYTHING, 10)) == 1
        for read in (
            store.after("acme", 1, EVERYTHING, 10),
            store.measurements("acme", EVER, EVERYTHING, after=1),
        ):
            with pytest.raises(PrunedError) as refused:
                await read
            assert refused.value.oldest == 3
        assert [each.position.sequence for each in await store.newest("acme", EVERYTHING, 9)] == [3]

    async def test_means_stay_when_what_they_are_of_is_gone(self, store: Store) -> None:
        await fill(store, 12, 9)
        hourly = replace(EVER, step_ms=HOUR_MS)
        before = await store.buckets("acme", hourly, EVERYTHING)
        await prune(store, raw_days=1)
        assert await store.buckets("acme", hourly, EVERYTHING) == before

    async def test_means_go_in_their_turn(self, store: Store) -> None:
        await fill(store, 40, 20, 1)
        await prune(store, raw_days=10, hourly_days=30)
        for step_ms, expected in ((HOUR_MS, 2), (DAY_MS, 3)):
            found = await store.buckets("acme", replace(EVER, step_ms=step_ms), EVERYTHING)
            assert len(found) == expected

    async def test_means_outlast_what_they_are_of(self, store: Store) -> None:
        await fill(store, 40)
        assert await prune(store, raw_days=0, hourly_days=1, daily_days=1) == 0

    async def test_publications_go_in_order_so_that_none_is_missing_between(
        self, store: Store
    ) -> None:
        await fill(store, 1, 30)
        assert await prune(store, raw_days=10) == 0

    async def test_notices_go_like_measurements(self, store: Store) -> None:
        alert = RoutingKey(Topic.ALERTS, "Maison", "Bureau")
        await store.append([draft(key=alert, received_ms=days_ago(age)) for age in (12, 9)])
        assert await prune(store, raw_days=10) == 1

    async def test_not_before_it_is_part_of_the_means(self, store: Store) -> None:
        await fill(store, 12)
        assert (await store.prune(Retention(raw_days=10), NOW)).rows == 0

    async def test_each_part_is_small_and_says_whether_there_is_more(self, store: Store) -> None:
        sent = [draft(time_ms=number, received_ms=number) for number in range(MANY)]
        await store.append(sent)
        await rolled_up(store)
        pruned = await store.prune(Retention(raw_days=1), NOW)
        assert pruned.more
        assert 0 < pruned.rows < MANY
        assert pruned.oldest == {"acme": pruned.rows + 1}
        assert pruned.since_ms == sent[pruned.rows].received_ms

    async def test_positions_go_on_when_everything_is_gone(self, store: Store) -> None:
        await fill(store, 12, 11)
        await prune(store, raw_days=10)
        assert (await store.position("acme")).sequence == 2
        (outcome,) = await store.append([draft(time_ms=NOW)])
        assert kept(outcome).position.sequence == 3

    async def test_what_may_have_been_there_once_is_past(self, store: Store) -> None:
        await fill(store, 12)
        resent = draft(time_ms=days_ago(12))
        await prune(store, raw_days=10)
        assert await store.append([resent]) == [Past()]

    async def test_an_old_recording_is_kept_where_nothing_was_let_go_of(self, store: Store) -> None:
        await fill(store, 1)
        await prune(store, raw_days=10)
        kept((await store.append([draft(time_ms=days_ago(900), received_ms=NOW)]))[0])

    async def test_a_tenants_own_retention_counts_and_nobody_elses(self, store: Store) -> None:
        for tenant in ("acme", "other"):
            await fill(store, 12, 1, tenant=tenant)
        await store.transact(lambda sql: tenants.retain(sql, "other", 10, None, None))
        assert await prune(store) == 1
        await store.transact(lambda sql: tenants.retain(sql, "other", None, None, None))
        assert await prune(store, raw_days=5) == 1
        assert [await store.oldest(tenant) for tenant in ("acme", "other")] == [2, 2]

from functools import partial

import msgspec
import pytest

from app.errors import NotFoundError
from app.iaq.alarm import Turn
from app.iaq.rules import Side
from app.storage.base import Store
from app.storage.records import alerts
from app.storage.records.alerts import Alert
from tests.storage.conftest import alert

ALERT = alert()
ENDED = msgspec.structs.replace(ALERT, state=Turn.RESOLVED, changed_ms=2_000)
replace = msgspec.structs.replace


async def raised(store: Store, *those: Alert) -> list[bool]:
    return [await store.transact(partial(alerts.raise_, alert=each)) for each in those]


async def page(store: Store, before: str | None = None, *, open_only: bool = False) -> list[str]:
    found = await store.consult(
        lambda sql: alerts.page(sql, "acme", before, 10, open_only=open_only)
    )
    return [each.id for each in found]


async def test_of_two_who_raise_the_same_one_alone_is_first(store: Store) -> None:
    assert await raised(store, ALERT, replace(ALERT, id="a2")) == [True, False]
    others = (
        replace(ALERT, id="a3", side=Side.BELOW),
        replace(ALERT, id="a4", sensor_id="s2"),
        replace(ALERT, id="a5", quantity="PM25"),
        replace(ALERT, id="a6", tenant="other"),
    )
    assert await raised(store, *others) == [True] * 4


async def test_one_that_has_ended_changes_no_more_and_makes_room_for_the_next(store: Store) -> None:
    await raised(store, ALERT)
    assert await store.transact(partial(alerts.change, alert=ENDED))
    assert not await store.transact(partial(alerts.change, alert=ALERT))
    assert await store.consult(lambda sql: alerts.get(sql, "acme", "a1")) == ENDED
    assert await raised(store, replace(ALERT, id="a2")) == [True]


async def test_it_is_untold_until_it_is_marked_as_it_is_now(store: Store) -> None:
    async def untold() -> list[Alert]:
        return await store.consult(lambda sql: alerts.untold(sql, 10))

    async def mark(alert: Alert) -> None:
        await store.transact(partial(alerts.mark_told, published=[alert]))

    await raised(store, ALERT)
    assert await untold() == [ALERT]
    await mark(ALERT)
    assert await untold() == []
    await store.transact(partial(alerts.change, alert=ENDED))
    await mark(ALERT)  # by one who has not heard of its end
    assert await untold() == [ENDED]
    await mark(ENDED)
    assert await untold() == []
    await mark(replace(ALERT, id="let go of meanwhile"))


async def test_what_stands_is_found_and_another_tenants_is_not(store: Store) -> None:
    await raised(store, ALERT)
    subject = ("s1", "CO2", Side.ABOVE)
    assert await store.consult(lambda sql: alerts.standing(sql, "acme", *subject)) == ALERT
    assert await store.consult(lambda sql: alerts.standing(sql, "other", *subject)) is None
    with pytest.raises(NotFoundError):
        await store.consult(lambda sql: alerts.get(sql, "other", "a1"))


async def test_they_come_the_newest_first_and_only_what_ended_long_ago_goes(store: Store) -> None:
    await raised(store, ALERT, replace(ALERT, id="a2", sensor_id="s2"))
    await store.transact(partial(alerts.change, alert=ENDED))
    assert await page(store) == ["a2", "a1"]
    assert await page(store, before="a2") == ["a1"]
    assert await page(store, open_only=True) == ["a2"]
    assert await store.transact(partial(alerts.prune, before_ms=2_000)) == 0
    assert await store.transact(partial(alerts.prune, before_ms=9_000)) == 1
    assert await page(store) == ["a2"]

"""Why the last connections ended: bounded per tenant, and by tenants."""

import msgspec
import pytest

from app.domain import endings
from app.domain.endings import HELD, Ending, Endings
from tests.domain.conftest import House, until


def ending(tenant: str, number: int) -> Ending:
    at = f"2026-11-25T12:00:{number / 1_000:06.3f}Z"
    return Ending(str(number), tenant, "marie", "dashboard", "192.0.2.1", at, at, 1001, "gone")


def test_a_tenant_has_its_last_hundred_the_newest_first() -> None:
    held = Endings()
    for number in range(HELD + 5):
        held.note(ending("acme", number))
    numbers = [int(each.id) for each in held.newest("acme")]
    assert numbers == list(range(HELD + 4, 4, -1))
    assert held.newest("globex") == []


def test_the_platform_has_the_last_hundred_of_all() -> None:
    held = Endings()
    for number in range(HELD):
        held.note(ending("acme", 2 * number))
        held.note(ending("globex", 2 * number + 1))
    assert [int(each.id) for each in held.newest(None)] == list(range(199, 99, -1))


def test_one_persons_are_found_by_how_the_name_begins() -> None:
    held = Endings()
    for number, subject in enumerate(("marie", "homer", "marius")):
        held.note(msgspec.structs.replace(ending("acme", number), subject=subject))
    assert [each.subject for each in held.newest("acme", "mari")] == ["marius", "marie"]
    assert [each.subject for each in held.newest(None, "h")] == ["homer"]


def test_at_the_bound_the_tenant_that_was_quiet_longest_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(endings, "TENANTS", 2)
    held = Endings()
    for number, tenant in enumerate(("acme", "globex", "acme", "initech")):
        held.note(ending(tenant, number))
    assert [len(held.newest(name)) for name in ("acme", "globex", "initech")] == [2, 0, 1]
    assert held.forgotten == 1


async def test_a_connection_that_breaks_is_noted_with_what_its_end_means(house: House) -> None:
    dashboard = await house.join()
    dashboard.connection.abort()
    await until(lambda: house.desk.endings.newest("acme"))
    (ended,) = house.desk.endings.newest("acme")
    assert (ended.id, ended.subject, ended.code) == (dashboard.subscriber.id, "someone", 1006)
    assert ended.reason == "the connection broke, or was cut"

"""Refusals are counted together, so that a flood of them fills no disk."""

from dataclasses import replace
from functools import partial

import pytest

from app.domain.audit import CAPACITY, OTHERS, Audit, Refusal
from app.errors import UnavailableError
from app.storage.base import DAY_MS
from app.storage.records import audit as lines
from app.storage.records.audit import Act, Entry
from tests.domain.conftest import House

REFUSAL = Refusal("acme", Act.SIGN_IN_REFUSED, "marie", "marie", "192.0.2.1")
NOW = 1_763_546_700.0


def audit_of(house: House, days: int = 0) -> Audit:
    return Audit(house.store, days, lambda: NOW)


async def kept(house: House) -> list[Entry]:
    return (await house.store.consult(lambda sql: lines.page(sql, None, None, 1_000))).entries


async def test_alike_refusals_are_one_line_with_their_number(house: House) -> None:
    audit = audit_of(house)
    for _ in range(1_000):
        audit.refused(REFUSAL)
    audit.refused(REFUSAL._replace(address="192.0.2.2"))
    await audit.flush()
    await audit.flush()
    assert sorted(entry.times for entry in await kept(house)) == [1, 1_000]


async def test_a_flood_of_different_ones_is_bounded_and_none_is_uncounted(house: House) -> None:
    audit = audit_of(house)
    for number in range(5_000):
        audit.refused(REFUSAL._replace(address=f"10.0.{number // 256}.{number % 256}"))
    await audit.flush()
    entries = await kept(house)
    assert len(entries) == CAPACITY + 1
    assert sum(entry.times for entry in entries) == 5_000
    (others,) = [entry for entry in entries if entry.target == OTHERS.target]
    assert (others.tenant, others.times, audit.merged) == ("*", 4_950, 4_950)


async def test_what_cannot_be_written_waits(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    audit = audit_of(house)
    audit.refused(REFUSAL)

    async def gone(_: object) -> None:
        raise UnavailableError("gone", part="store")

    with monkeypatch.context() as patched:
        patched.setattr(type(house.store), "transact", lambda _, work: gone(work))
        with pytest.raises(UnavailableError):
            await audit.flush()
    audit.refused(REFUSAL)
    await audit.flush()
    assert [entry.times for entry in await kept(house)] == [2]


@pytest.mark.parametrize(("days", "left"), [(0, 2), (1, 1)])
async def test_lines_end_with_their_retention(house: House, days: int, left: int) -> None:
    entry = Entry("acme", round(NOW * 1_000), *REFUSAL[1:])
    for each in (entry, replace(entry, at_ms=entry.at_ms - DAY_MS - 1)):
        await house.store.transact(partial(lines.write, entry=each))
    await audit_of(house, days).prune()
    assert len(await kept(house)) == left

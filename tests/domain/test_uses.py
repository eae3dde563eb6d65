"""Last uses of tokens: noted in memory, written together, bounded."""

from functools import partial

import pytest

from app.domain import uses
from app.domain.uses import Uses
from app.errors import UnavailableError
from app.storage.records import tokens
from app.storage.records.tokens import Use
from auth.principal import Principal, Role
from tests.domain.conftest import House

HUB = Principal("hub", "acme", Role.DEVICE, "jti-1", 100, 10**10)
OTHER = Principal("box", "acme", Role.DEVICE, "jti-2", 100, 10**10)
PERSON = Principal("marie", "acme", Role.DASHBOARD, "jti-3", 100, 10**10)


@pytest.fixture
async def noted(house: House) -> Uses:
    for principal in (HUB, OTHER, PERSON):
        await house.store.transact(partial(tokens.register, principal=principal))
    return Uses(house.store, lambda: 500.9)


async def kept(house: House) -> dict[str, Use | None]:
    found = await house.store.consult(lambda sql: tokens.listed(sql, "acme"))
    return {token.principal.token_id: token.used for token in found if token.used}


async def test_a_use_is_kept_with_the_next_writing(house: House, noted: Uses) -> None:
    noted.note(HUB, "192.0.2.1")
    noted.note(HUB, skew_ms=-7_000)
    noted.note(PERSON, "192.0.2.1")
    assert await kept(house) == {}
    await noted.flush()
    assert await kept(house) == {"jti-1": Use(500, "192.0.2.1", -7_000)}


async def test_what_a_later_use_does_not_know_stays(house: House, noted: Uses) -> None:
    noted.note(HUB, "192.0.2.1", 0)
    await noted.flush()
    noted.note(HUB)
    await noted.flush()
    assert await kept(house) == {"jti-1": Use(500, "192.0.2.1", 0)}


async def test_they_are_written_in_pieces(
    house: House, noted: Uses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "AT_ONCE", 1)
    noted.note(HUB, "192.0.2.1")
    noted.note(OTHER, "192.0.2.2")
    await noted.flush()
    assert (await kept(house)).keys() == {"jti-1", "jti-2"}


async def test_beyond_the_bound_they_are_counted(
    house: House, noted: Uses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uses, "CAPACITY", 1)
    for principal in (HUB, OTHER, HUB):
        noted.note(principal, "192.0.2.1")
    await noted.flush()
    assert (set(await kept(house)), noted.missed) == ({"jti-1"}, 1)


async def test_a_store_that_is_gone_ends_nothing(
    house: House, noted: Uses, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: object) -> None:
        raise UnavailableError("gone", part="store")

    noted.note(HUB, "192.0.2.1")
    with monkeypatch.context() as patched:
        patched.setattr(type(house.store), "transact", gone)
        await noted.flush()
    noted.note(HUB, "192.0.2.2")
    await noted.flush()
    assert await kept(house) == {"jti-1": Use(500, "192.0.2.2")}

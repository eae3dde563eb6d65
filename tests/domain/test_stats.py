"""The documented statistics."""

from dataclasses import asdict

from app.domain.stats import stats
from tests.domain.conftest import House

NOTHING = {
    "measurements": 0, "predictions": 0, "actions": 0, "alerts": 0, "modules": 0, "all": 0,
}  # fmt: skip


async def test_without_a_connection_there_are_six_zeros(house: House) -> None:
    assert asdict(stats(house.hub, None)) == {"active_connections": 0, "subscriptions": NOTHING}
    assert list(stats(house.hub, None).subscriptions) == list(NOTHING)


async def test_a_connection_counts_once_for_each_name_it_chose(house: House) -> None:
    await house.join("alerts", "alerts:Maison", "modules")
    await house.join("all:Maison/Bureau")
    await house.join("alerts")
    assert asdict(stats(house.hub, "acme")) == {
        "active_connections": 3,
        "subscriptions": {**NOTHING, "alerts": 2, "modules": 1, "all": 1},
    }


async def test_a_tenant_counts_its_own_and_the_platform_everyones(house: House) -> None:
    await house.join()
    await house.join(tenant="other")
    assert [stats(house.hub, tenant).active_connections for tenant in ("acme", "other", "x")] == [
        1, 1, 0,
    ]  # fmt: skip
    assert stats(house.hub, None).subscriptions["all"] == 2

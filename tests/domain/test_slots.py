"""How many connections there may be: in all, per address, per subject, per tenant."""

from typing import Any

import pytest

from app.domain.slots import Bounds, Slots
from app.errors import LimitReachedError, UnavailableError
from auth.principal import Principal, Role

PLENTY = {"total": 9, "per_ip": 9, "per_subject": 9, "per_tenant": 9}


def slots(**bounds: int) -> Slots:
    return Slots(Bounds(**{**PLENTY, **bounds}))


def principal(subject: str = "someone", tenant: str = "acme") -> Principal:
    return Principal(subject, tenant, Role.DASHBOARD, "jti", 1, 2)


@pytest.mark.parametrize(
    ("bound", "another"),
    [
        ("per_ip", {"ip": "192.0.2.2"}),
        ("per_subject", {"principal": principal("another")}),
        ("per_subject", {"principal": principal(tenant="other")}),
        ("per_tenant", {"principal": principal(tenant="other")}),
    ],
)
def test_each_limit_is_reached_by_its_own_kind_alone(bound: str, another: dict[str, Any]) -> None:
    taken = slots(**{bound: 1})
    same: dict[str, Any] = {"ip": "192.0.2.1", "principal": principal()}
    slot = taken.acquire(**same)
    with pytest.raises(LimitReachedError) as refused:
        taken.acquire(**same)
    limit = f"connections_{bound}"
    assert refused.value.details == {"limit": limit, "retry_after": 30}
    taken.acquire(**{**same, **another})
    assert taken.refused == {limit: 1}
    taken.release(slot)
    taken.acquire(**same)


def test_a_full_gateway_is_nobodys_fault() -> None:
    taken = slots(total=1)
    slot = taken.acquire("192.0.2.1", principal())
    with pytest.raises(UnavailableError) as refused:
        taken.acquire("192.0.2.2", principal("another", "other"))
    assert refused.value.details == {"part": "gateway", "retry_after": 30}
    assert taken.refused == {"connections_total": 1}
    taken.release(slot)
    taken.acquire("192.0.2.2", principal())


def test_who_is_refused_takes_up_nothing() -> None:
    taken = slots(per_tenant=1)
    taken.acquire("192.0.2.1", principal())
    with pytest.raises(LimitReachedError):
        taken.acquire("192.0.2.2", principal("another"))
    assert taken.taken == 1
    assert "ip 192.0.2.2" not in taken.held


def test_who_has_left_is_forgotten() -> None:
    taken = slots()
    for number in range(100):
        taken.release(taken.acquire(f"192.0.2.{number}", principal(f"s{number}", f"t{number}")))
    assert taken.taken == 0
    assert not taken.held


def test_what_other_gateways_hold_counts_too() -> None:
    taken = slots(per_subject=2)
    taken.elsewhere["another"] = {"subject acme someone": 1}
    taken.acquire("192.0.2.1", principal())
    with pytest.raises(LimitReachedError):
        taken.acquire("192.0.2.1", principal())
    taken.elsewhere.clear()
    taken.acquire("192.0.2.1", principal())

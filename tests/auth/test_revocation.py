import dataclasses

import pytest

from auth.login import Login
from auth.principal import PLATFORM, Principal, Role
from auth.revocation import DISABLED, Revocations

PRINCIPAL = Principal(
    subject="hub-1",
    tenant="acme",
    role=Role.DEVICE,
    token_id="t1",
    issued_at=1_000,
    expires_at=2_000,
)


def test_nothing_is_revoked_at_first() -> None:
    assert not Revocations().revoked(PRINCIPAL)


def test_a_token_is_revoked_by_its_id_and_no_other_with_it() -> None:
    revocations = Revocations()
    revocations.revoke("t1", 2_000)
    assert revocations.revoked(PRINCIPAL)
    assert not revocations.revoked(dataclasses.replace(PRINCIPAL, token_id="t2"))


def test_a_disabled_tenant_revokes_all_its_tokens_until_it_is_enabled() -> None:
    revocations = Revocations()
    revocations.disable("acme")
    assert revocations.disabled("acme")
    assert revocations.revoked(PRINCIPAL)
    assert not revocations.revoked(dataclasses.replace(PRINCIPAL, tenant="other"))
    revocations.enable("acme")
    assert not revocations.revoked(PRINCIPAL)


@pytest.mark.parametrize("name", [PLATFORM, "", "Acme"])
def test_only_a_tenant_can_be_disabled(name: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        Revocations().disable(name)
    with pytest.raises(ValueError, match="tenant"):
        Revocations(tenants=[name])


def test_a_store_s_state_takes_the_place_of_the_former() -> None:
    revocations = Revocations({"t1": 2_000}, ["acme"])
    assert revocations.revoked(PRINCIPAL)
    revocations.replace({"t9": 2_000}, ["other"])
    assert not revocations.revoked(PRINCIPAL)
    assert revocations.disabled("other")


def test_it_holds_no_more_than_live_tokens() -> None:
    revocations = Revocations({"t1": 2_000, "t2": 3_000})
    assert revocations.forget_ended(1_999.9) == 0
    assert revocations.forget_ended(2_000.0) == 1
    assert len(revocations) == 1
    assert not revocations.revoked(PRINCIPAL)


def test_a_persons_tokens_are_good_from_a_second_on() -> None:
    revocations = Revocations()
    person = dataclasses.replace(PRINCIPAL, role=Role.DASHBOARD)
    revocations.replace({}, (), {Login("acme", "hub-1"): 1_001})
    assert revocations.revoked(person)
    assert not revocations.revoked(dataclasses.replace(person, issued_at=1_001))
    assert not revocations.revoked(dataclasses.replace(person, tenant="other"))
    assert not revocations.revoked(PRINCIPAL), "a device of the same name is no person"


def test_none_of_a_disabled_persons_tokens_is_good() -> None:
    revocations = Revocations()
    revocations.replace({}, (), {Login("acme", "hub-1"): DISABLED})
    later = dataclasses.replace(PRINCIPAL, role=Role.ADMIN, issued_at=1 << 40, expires_at=1 << 41)
    assert revocations.revoked(later)
    assert revocations.good_from(later) == DISABLED

import dataclasses
from typing import Any

import pytest

from auth.principal import PLATFORM, Principal, Role
from auth.revocation import DISABLED, Denied, Holder, Kind, Revocations

PRINCIPAL = Principal(
    subject="hub-1",
    tenant="acme",
    role=Role.DEVICE,
    token_id="session.t1",
    issued_at=1_000,
    expires_at=2_000,
)


def revoked(denied: Denied, **changes: Any) -> bool:
    revocations = Revocations()
    revocations.denied = denied
    return revocations.revoked(dataclasses.replace(PRINCIPAL, **changes))


def test_nothing_is_revoked_at_first() -> None:
    assert not Revocations().revoked(PRINCIPAL)


def test_a_token_is_revoked_by_its_id_and_no_other_with_it() -> None:
    denied = Denied(tokens=frozenset({("acme", "session.t1")}))
    assert revoked(denied)
    assert not revoked(denied, token_id="session.t2")
    assert not revoked(denied, tenant="other"), "an id is its tenant's to revoke"


def test_a_sessions_tokens_are_revoked_by_its_name() -> None:
    denied = Denied(tokens=frozenset({("acme", "session")}))
    assert revoked(denied)
    assert revoked(denied, token_id="session.t2")
    assert not revoked(denied, token_id="sessions.t1")
    assert not revoked(denied, tenant="other")


def test_a_disabled_tenant_revokes_all_its_tokens() -> None:
    denied = Denied(tenants=frozenset({"acme"}))
    assert revoked(denied)
    assert not revoked(denied, tenant="other")


@pytest.mark.parametrize("name", [PLATFORM, "", "Acme"])
def test_only_a_tenant_can_be_disabled(name: str) -> None:
    with pytest.raises(ValueError, match="tenant"):
        Denied(tenants=frozenset({name}))


@pytest.mark.parametrize(
    ("kind", "roles"),
    [
        (Kind.PERSON, {Role.DASHBOARD, Role.ADMIN}),
        (Kind.DEVICE, {Role.DEVICE}),
        (Kind.SERVICE, {Role.SERVICE}),
    ],
)
def test_a_holders_tokens_are_good_from_a_second_on(kind: Kind, roles: set[Role]) -> None:
    denied = Denied(holders={Holder("acme", kind, "hub-1"): 1_001})
    assert {role for role in Role if revoked(denied, role=role)} == roles
    for role in roles:
        assert not revoked(denied, role=role, issued_at=1_001)
        assert not revoked(denied, role=role, tenant="other")
        assert not revoked(denied, role=role, subject="oidc:hub-1"), "a provider's is another"


def test_none_of_a_disabled_persons_tokens_is_good() -> None:
    denied = Denied(holders={Holder("acme", Kind.PERSON, "hub-1"): DISABLED})
    assert revoked(denied, role=Role.ADMIN, issued_at=1 << 40, expires_at=1 << 41)

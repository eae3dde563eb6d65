import dataclasses
from typing import Any

import pytest

from auth.principal import PLATFORM, Principal, Role, valid_tenant

ALICE = Principal(
    subject="alice",
    tenant="acme",
    role=Role.DASHBOARD,
    token_id="t1",
    issued_at=1_000,
    expires_at=1_900,
)


@pytest.mark.parametrize("name", ["a", "acme", "7", "acme-paris_2", "a" * 63])
def test_a_tenant_s_name(name: str) -> None:
    assert valid_tenant(name)
    assert dataclasses.replace(ALICE, tenant=name).tenant == name


@pytest.mark.parametrize(
    "name", ["", "-a", "_a", "Acme", "a b", "a.b", "a/b", "a\n", "é", "a" * 64, PLATFORM]
)
def test_no_tenant_s_name(name: str) -> None:
    assert not valid_tenant(name)
    with pytest.raises(ValueError, match="tenant"):
        dataclasses.replace(ALICE, tenant=name)


@pytest.mark.parametrize("role", Role)
def test_only_an_admin_belongs_to_the_platform(role: Role) -> None:
    if role is Role.ADMIN:
        assert dataclasses.replace(ALICE, role=role, tenant=PLATFORM).tenant == "*"
    else:
        with pytest.raises(ValueError, match="platform"):
            dataclasses.replace(ALICE, role=role, tenant=PLATFORM)


@pytest.mark.parametrize("member", ["subject", "token_id"])
def test_a_subject_and_a_token_id_are_printable_and_have_no_space(member: str) -> None:
    for name in ["a", "alice@example.org", "capteur-é", "x" * 128]:
        changed: dict[str, Any] = {member: name}
        assert dataclasses.replace(ALICE, **changed)
    for name in ["", "a b", "a\tb", "a\n", "\x7f", "a\u202eb", "\u00a0", "\ud800", "x" * 129]:
        changed = {member: name}
        with pytest.raises(ValueError, match=member):
            dataclasses.replace(ALICE, **changed)


@pytest.mark.parametrize("expires_at", [999, 1_000])
def test_a_token_ends_after_it_began(expires_at: int) -> None:
    with pytest.raises(ValueError, match="expires_at"):
        dataclasses.replace(ALICE, expires_at=expires_at)


def test_topics_are_at_most_128_of_at_most_256_characters() -> None:
    dataclasses.replace(ALICE, topics=tuple("t" * 256 for _ in range(128)))
    for topics in [("t",) * 129, ("t" * 257,), ("",), ("a\nb",)]:
        with pytest.raises(ValueError, match="topics"):
            dataclasses.replace(ALICE, topics=topics)


def test_sensors_are_at_most_10_000_of_at_most_128_characters() -> None:
    dataclasses.replace(ALICE, sensors=frozenset(f"{n:0128}" for n in range(10_000)))
    for sensors in [{str(n) for n in range(10_001)}, {"s" * 129}, {""}, {"a\0"}]:
        with pytest.raises(ValueError, match="sensors"):
            dataclasses.replace(ALICE, sensors=frozenset(sensors))


def test_a_refusal_does_not_repeat_the_value() -> None:
    with pytest.raises(ValueError, match="tenant") as refused:
        dataclasses.replace(ALICE, tenant="CANARY")
    assert "CANARY" not in str(refused.value)


def test_a_principal_does_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ALICE.tenant = "other"  # type: ignore[misc]  # what is tried

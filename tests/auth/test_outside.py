"""What an identity provider's claims mean here; what verifies them is `test_key_sets`."""

from typing import Any

import pytest

from auth.claims import Rules
from auth.outside import OutsideClaims, outside_rules
from auth.principal import Role

NOW = 1_700_000_000
CLAIMS = {
    "aud": "iaq",
    "sub": "alice",
    "jti": "t1",
    "iat": NOW,
    "exp": NOW + 600,
    "tenant": "acme",
}


def rules(*, roles: dict[str, Role] | None = None, **names: str) -> Rules:
    usual = {name: name for name in ("tenant", "role", "topics", "sensors")}
    claims = OutsideClaims(**{**usual, "token_id": "jti", **names}, roles=roles or {})
    return outside_rules("https://login.example", "iaq", frozenset({"at+jwt"}), claims)


def test_its_subjects_and_tokens_are_told_from_ours() -> None:
    principal = rules().principal(CLAIMS)
    assert (principal.subject, principal.token_id) == ("oidc:alice", "oidc:t1")
    assert (principal.tenant, principal.role) == ("acme", Role.DASHBOARD)


@pytest.mark.parametrize(
    ("name", "claims"),
    [
        ("https://acme.example/tenant", {"https://acme.example/tenant": "globex"}),
        ("org.name", {"org": {"name": "globex"}}),
        ("org.name", {"org.name": "globex", "org": {"name": "other"}}),
    ],
)
def test_a_claim_has_an_exact_name_or_a_path(name: str, claims: dict[str, Any]) -> None:
    assert rules(tenant=name).principal(CLAIMS | claims).tenant == "globex"


ROLES = {"boss": Role.ADMIN, "feed": Role.SERVICE}


@pytest.mark.parametrize(
    ("held", "role"),
    [
        (None, Role.DASHBOARD),
        ("someone", Role.DASHBOARD),
        ("admin", Role.DASHBOARD),
        ([], Role.DASHBOARD),
        ("feed", Role.SERVICE),
        (["feed", "boss"], Role.ADMIN),
    ],
)
def test_a_role_is_granted_by_name_and_else_a_dashboard(held: object, role: Role) -> None:
    claims = CLAIMS | ({} if held is None else {"role": held})
    assert rules(roles=ROLES).principal(claims).role is role


def test_without_a_mapping_no_claim_grants_anything() -> None:
    assert rules().principal(CLAIMS | {"role": "admin"}).role is Role.DASHBOARD


def test_where_dashboard_is_granted_too_nobody_has_it_by_default() -> None:
    strict = rules(roles={**ROLES, "viewer": Role.DASHBOARD})
    assert strict.principal(CLAIMS | {"role": ["viewer"]}).role is Role.DASHBOARD
    for claims in (CLAIMS, CLAIMS | {"role": "someone"}):
        with pytest.raises(ValueError, match="role"):
            strict.principal(claims)


def test_devices_are_not_the_provider_s_to_give() -> None:
    with pytest.raises(ValueError, match="roles"):
        rules(roles={"sensor": Role.DEVICE})


@pytest.mark.parametrize(
    "change",
    [
        {"tenant": "*"},
        {"tenant": "*", "role": "boss"},
        {"tenant": "A"},
        {"tenant": ["acme"]},
        {"aud": ["other"]},
        {"aud": []},
        {"aud": ["iaq", 7]},
        {"aud": {"iaq": True}},
        {"sub": ""},
        {"sub": "x" * 128},
        {"jti": 7},
        {"role": 7},
        {"role": ["boss", 7]},
        {"topics": None},
        {"topics": "all"},
        {"sensors": "s1"},
        {"iat": "1"},
        {"exp": True},
    ],
)
def test_a_claim_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        rules(roles=ROLES).principal(CLAIMS | change)


def test_a_narrowing_behind_something_else_narrows_to_nothing() -> None:
    """Taking it for absent would widen the token to the whole tenant."""
    with pytest.raises(ValueError, match="holds no others"):
        rules(topics="iaq.topics").principal(CLAIMS | {"iaq": "alerts"})


def test_it_may_name_us_among_others() -> None:
    assert rules().principal(CLAIMS | {"aud": ["account", "iaq"]}).subject == "oidc:alice"

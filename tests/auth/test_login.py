import pytest

from auth.login import Login, parse


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("marie@acme", Login("acme", "marie")),
        (" Marie@ACME ", Login("acme", "marie")),
        ("ÉLODIE.b+1@acme", Login("acme", "élodie.b+1")),
        ("straße@acme", Login("acme", "strasse")),
        ("ops@*", Login("*", "ops")),
    ],
)
def test_a_login_is_a_name_and_its_tenant_in_one_spelling(typed: str, meant: Login) -> None:
    assert parse(typed) == meant
    assert parse(str(meant)) == meant


@pytest.mark.parametrize(
    "typed", ["", "marie", "@acme", "marie@", "a b@acme", "x" * 65 + "@acme", "a@b@acme", "a@A/B"]
)
def test_what_no_account_can_have_is_none(typed: str) -> None:
    assert parse(typed) is None

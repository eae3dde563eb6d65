import pytest

from auth.bearer import SUBPROTOCOL, from_authorization, from_subprotocols
from auth.errors import TokenRefusedError


class TestAuthorization:
    def test_absent_is_anonymous(self) -> None:
        assert from_authorization(None) is None

    @pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
    def test_the_scheme_is_read_in_any_case(self, scheme: str) -> None:
        """RFC 9110 section 11.1."""
        assert from_authorization(f"{scheme} a.b-c_d.e") == "a.b-c_d.e"

    @pytest.mark.parametrize(
        "header",
        [
            "",
            "Bearer",
            "Bearer ",
            "Bearer  a.b.c",
            " Bearer a.b.c",
            "Bearer a.b.c ",
            "Bearer\ta.b.c",
            "Bearer a.b.c\n",
            "Bearer a.b.c, Bearer d.e.f",
            "Bearer a.b.c d",
            "Bearer =",
            "Bearer é",
            "Basic YTpi",
            "a.b.c",
        ],
    )
    def test_present_and_malformed_is_not_anonymous(self, header: str) -> None:
        with pytest.raises(TokenRefusedError) as refused:
            from_authorization(header)
        assert refused.value.reason == "malformed"


class TestSubprotocols:
    def test_the_subprotocol_is_documented(self) -> None:
        assert SUBPROTOCOL == "iaqverse.v1"

    @pytest.mark.parametrize("offered", [[], ["iaqverse.v1"], ["chat"], ["xbearer.a.b.c"]])
    def test_none_offered(self, offered: list[str]) -> None:
        assert from_subprotocols(offered) is None

    @pytest.mark.parametrize(
        "offered",
        [
            ["iaqverse.v1", "bearer.a.b.c"],
            ["bearer.a.b.c", "iaqverse.v1"],
            ["chat", "iaqverse.v1", "bearer.a.b.c"],
        ],
    )
    def test_a_token_beside_the_subprotocol(self, offered: list[str]) -> None:
        assert from_subprotocols(offered) == "a.b.c"

    @pytest.mark.parametrize(
        "offered",
        [
            ["bearer.a.b.c"],
            ["iaqverse.v2", "bearer.a.b.c"],
            ["iaqverse.v1", "bearer."],
            ["iaqverse.v1", "bearer.a.b.c", "bearer.d.e.f"],
            ["iaqverse.v1", "bearer.a.b.c", "bearer.a.b.c"],
            ["iaqverse.v1", "bearer.a.b.c", "bearer."],
        ],
    )
    def test_an_offer_that_cannot_be_meant(self, offered: list[str]) -> None:
        with pytest.raises(TokenRefusedError) as refused:
            from_subprotocols(offered)
        assert refused.value.reason == "malformed"

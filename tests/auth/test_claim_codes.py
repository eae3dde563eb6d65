import re

import pytest

from auth.claim_codes import digest, new_code, qr_text


def test_a_code_is_of_signs_that_nobody_confuses_and_never_twice_the_same() -> None:
    codes = {new_code() for _ in range(1_000)}
    assert len(codes) == 1_000
    assert all(re.fullmatch(r"([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}", c) for c in codes)


@pytest.mark.parametrize(
    "typed", ["01abc-defgh-jkmnp-qrstv", "OLABCDEFGHJKMNPQRSTV", " 0iabc defgh jkmnp-qrstv "]
)
def test_it_is_known_however_it_is_typed(typed: str) -> None:
    assert digest(typed) == digest("01ABC-DEFGH-JKMNP-QRSTV")


def test_what_is_kept_is_not_the_code() -> None:
    code = new_code()
    assert re.fullmatch("[0-9a-f]{64}", digest(code))
    assert digest(code) != digest(new_code())


def test_a_lone_surrogate_is_a_wrong_code_like_any_other() -> None:
    assert digest("\ud800") != digest("x")


def test_a_qr_code_says_where_to_bring_it_in_few_signs() -> None:
    text = qr_text("01ABC-DEFGH", "https://iaq.example:8443")
    assert text == "IAQVERSE:IAQ.EXAMPLE:8443/01ABC-DEFGH"
    assert re.fullmatch(r"[0-9A-Z $%*+./:-]+", text)

"""The close codes: one table, the same in the browser's language."""

import json
import re
from pathlib import Path

import pytest

from app.protocol.closes import CloseCode

SCRIPT = Path(__file__).parents[2] / "frontend" / "js" / "transport" / "closes.js"


def in_the_browser() -> dict[int, tuple[str, str]]:
    literal = re.search(r"export const CLOSES = (\{.*?\n\});", SCRIPT.read_text(), re.DOTALL)
    assert literal
    rows = json.loads(literal[1])
    return {int(code): (row["name"], row["action"]) for code, row in rows.items()}


def test_browser_and_gateway_have_the_same_codes_names_and_actions() -> None:
    here = {close.code: (close.label, close.value.action) for close in CloseCode}
    assert in_the_browser() == here


def test_no_code_has_two_meanings() -> None:
    assert len({close.code for close in CloseCode}) == len(CloseCode)


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (1001, "reconnect"), (1002, "reconnect"), (1003, "reconnect"), (1007, "reconnect"),
        (1008, "reconnect"), (1009, "reconnect"), (1011, "reconnect"), (1012, "reconnect"),
        (4400, "terminal"), (4401, "renew"), (4403, "terminal"), (4408, "reconnect"),
        (4409, "reconnect"), (4410, "terminal"), (4429, "wait"),
    ],
)  # fmt: skip
def test_each_documented_code_says_what_a_client_does(code: int, action: str) -> None:
    (close,) = (each for each in CloseCode if each.code == code)
    assert close.value.action == action
    assert close.value.meaning


def test_the_gateways_own_codes_are_in_the_private_range_of_rfc_6455_7_4_2() -> None:
    assert all(4000 <= close.code <= 4999 or close.code < 1013 for close in CloseCode)

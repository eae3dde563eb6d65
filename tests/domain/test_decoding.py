"""Errors about JSON say where and what was expected, never what was sent."""

import json
from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.decoding import decode
from app.errors import BadRequestError, GatewayError, InvalidInputError

CANARY = "Xq7canary"


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    name: Annotated[str, msgspec.Meta(pattern=r"\A[a-z]+\Z", max_length=5)] = "a"
    size: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0
    kind: Literal["small", "large"] = "small"
    values: dict[Annotated[str, msgspec.Meta(max_length=3)], int] = {}


THING = msgspec.json.Decoder(Thing)


def refusal(body: bytes) -> GatewayError:
    with pytest.raises(GatewayError) as refused:
        decode(THING, body)
    return refused.value


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"nonsense", b'{"size": NaN}', b'{"size": Infinity}', b'{"name": "\xff"}',
        rb'{"name": "\ud800"}', b'{"name": "a"}{}', b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00",
    ],
)  # fmt: skip
def test_what_is_no_json_is_a_bad_request(body: bytes) -> None:
    assert type(refusal(body)) is BadRequestError


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b'{"size": 1e999}', "size"),
        (b'{"size": true}', "size"),
        (b'{"size": 2}', "size"),
        (b'{"size": 1' + b"0" * 400 + b"}", "size"),
        (b'{"name": null}', "name"),
        (b'{"kind": "medium"}', "kind"),
        (b'{"values": {"a": 0.5}}', "values[...]"),
        (b'{"values": {"long name": 1}}', "values"),
    ],
)
def test_what_breaks_the_schema_is_invalid_at_its_field(body: bytes, field: str) -> None:
    error = refusal(body)
    assert isinstance(error, InvalidInputError)
    assert error.details == {"field": field}


@pytest.mark.parametrize("body", [b"5", b"[]", b'"text"', b'{"other": 1}'])
def test_what_is_wrong_as_a_whole_has_no_field(body: bytes) -> None:
    error = refusal(body)
    assert isinstance(error, InvalidInputError)
    assert error.details == {}


@pytest.mark.parametrize("opening", [b"[", b'{"values":'])
def test_a_hundred_thousand_levels_are_an_error_too(opening: bytes) -> None:
    assert isinstance(refusal(opening * 100_000), BadRequestError | InvalidInputError)


canaries = st.builds(
    "{}{}{}".format,
    st.text(st.sampled_from(" -at`'\"$.\\\n[]ab"), max_size=12),
    st.just(CANARY),
    st.text(st.sampled_from(" -at`'\"$.\\\n[]ab"), max_size=12),
)


@given(canaries, st.sampled_from(["name", "size", "kind", "values", "key", "member"]))
@example(f"x'{CANARY}", "member")
@example(f"x\n{CANARY}", "member")
@example(f"x - at `$.{CANARY}", "member")
@example(f"' - at `$.{CANARY}`", "kind")
def test_no_error_repeats_a_word_of_its_input(canary: str, where: str) -> None:
    body = {"key": {"values": {canary: 1}}, "member": {canary: 1}}.get(where, {where: canary})
    error = refusal(json.dumps(body).encode())
    assert CANARY not in f"{error.message} {error.details}"

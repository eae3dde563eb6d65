"""How deeply JSON nests: found without parsing it, in time proportional to its length."""

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.protocol.depth import TooDeepError, check_depth

LIMIT = 8
texts = st.text(st.sampled_from('[]{}"\\ab'), max_size=6)
values = st.recursive(
    texts | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=30,
)


def depth_of(value: Any) -> int:
    match value:
        case list():
            return 1 + max(map(depth_of, value), default=0)
        case dict():
            return 1 + max(map(depth_of, value.values()), default=0)
    return 0


@given(values, st.integers(0, 6))
def test_it_is_the_depth_that_a_parser_would_reach(value: Any, limit: int) -> None:
    if depth_of(value) <= limit:
        check_depth(json.dumps(value).encode(), limit)
    else:
        with pytest.raises(TooDeepError):
            check_depth(json.dumps(value).encode(), limit)


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_a_hundred_thousand_open_brackets_are_refused(opening: bytes) -> None:
    with pytest.raises(TooDeepError):
        check_depth(opening * 100_000, LIMIT)


def test_brackets_in_texts_do_not_count() -> None:
    check_depth(rb'{"a": "[[[[[[[[[[[[", "b": "\"[[[[[[[[\\"}', LIMIT)


@given(st.binary())
def test_any_bytes_are_looked_at_without_a_fault(data: bytes) -> None:
    try:
        check_depth(data, 2)
    except TooDeepError:
        assert data.count(b"[") + data.count(b"{") > 2


@pytest.mark.parametrize("end", [b"", b"\\", b'"'], ids=["open", "backslash", "closed"])
@pytest.mark.parametrize("unit", [rb"\"", b'"', rb"\\", b'a"', b"a"])
def test_texts_that_never_end_take_no_longer_than_others(unit: bytes, end: bytes) -> None:
    data = b"[" * 9 + b'"' + unit * (262_144 // len(unit)) + end
    started = time.process_time()
    with pytest.raises(TooDeepError):
        check_depth(data, LIMIT)
    assert time.process_time() - started < 1  # a search from each quote took minutes

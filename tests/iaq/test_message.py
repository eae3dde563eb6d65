"""The documented message as it is written quickly, against the same as it is written plainly."""

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.iaq.message import in_order, measurement_head, measurement_message
from app.model import BACKLOG_MS, RoutingKey, Topic, wire_time

TIME_MS = 1_763_546_700_000
NAMES = st.from_regex(r"\A[A-Za-z][A-Za-z0-9_.-]{0,63}\Z")
NUMBERS = st.integers(-(10**9), 10**9) | st.floats(-1e9, 1e9)
PLACES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=128)


@given(
    st.dictionaries(NAMES, NUMBERS, min_size=1, max_size=8),
    st.builds(RoutingKey, st.just(Topic.MEASUREMENTS), PLACES, PLACES, PLACES),
    st.integers(0, 2 * BACKLOG_MS),
    st.none() | st.integers(0, 100),
)
def test_the_head_is_the_message_to_the_byte(
    sent: dict[str, float], key: RoutingKey, late_ms: int, score: int | None
) -> None:
    assume(len({name.lower() for name in sent}) == len(sent))  # others are refused at the door
    values, received_ms = in_order(sent), TIME_MS + late_ms
    message = measurement_message(key, values, TIME_MS, score)
    message |= {"backlog": True} if late_ms > BACKLOG_MS else {}
    message |= {"received_at": wire_time(received_ms)}
    head = measurement_head(key, values, (TIME_MS, received_ms), score)
    assert head + b"}" == msgspec.json.encode(message)


@pytest.mark.parametrize("names", [("Radon", "CO2", "Humidity", "Acid"), ("Acid", "CO2")])
def test_known_quantities_come_first_then_the_others_by_name(names: tuple[str, ...]) -> None:
    expected = [name for name in ("CO2", "Humidity", "Acid", "Radon") if name in names]
    assert list(in_order(dict.fromkeys(names, 1))) == expected


def test_whole_numbers_are_written_as_such() -> None:
    values = in_order({"CO2": 645.0, "PM25": -0.0, "TVOC": 0.25})
    assert msgspec.json.encode(values) == b'{"CO2":645,"PM25":0,"TVOC":0.25}'

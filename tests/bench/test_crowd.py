"""The crowd reads what a server writes, and tells what is missing, doubled and out of order."""

import ssl
from array import array
from random import Random

import pytest

from bench.crowd.dashboard import Dashboard, Door, Notes
from bench.crowd.frames import CLOSE, PING, TEXT, take
from bench.crowd.reckoning import fault_of
from bench.wire import server_frame

OWED = {("acme", "all"): array("I", [2, 3, 5])}


def dashboard(*received: int, began: int = 0) -> Dashboard:
    door = Door(0, ssl.create_default_context())
    one = Dashboard(door, "acme", "token", "all", Random(0), Notes())  # noqa: S311  (jitter)
    one.began = began
    one.received.extend(received)
    return one


@pytest.mark.parametrize("length", [0, 125, 126, 65_535, 65_536])
def test_frames_are_taken_apart_wherever_they_are_cut(length: int) -> None:
    payload = b"x" * length
    data = server_frame(payload, TEXT) + server_frame(b"p", PING) + server_frame(b"", CLOSE)
    for cut in (1, 3, 11, len(data) - 3):
        buffer = bytearray(data[:cut])
        frames = list(take(buffer))
        buffer += data[cut:]
        frames += take(buffer)
        assert frames == [(TEXT, payload), (PING, b"p"), (CLOSE, b"")]
        assert not buffer


def test_everything_after_the_beginning_once_and_in_order_is_no_fault() -> None:
    assert fault_of(dashboard(2, 3, 5), OWED) == ""
    assert fault_of(dashboard(5, began=3), OWED) == ""
    assert fault_of(dashboard(2, 3, 5, 8), OWED) == ""


@pytest.mark.parametrize(
    ("received", "said"),
    [([2, 5], "1 lost"), ([2, 2, 3, 5], "1 doubled"), ([3, 2, 5], "out of order"), ([], "3 lost")],
)
def test_what_is_missing_doubled_or_moved_is_told(received: list[int], said: str) -> None:
    assert said in fault_of(dashboard(*received), OWED)

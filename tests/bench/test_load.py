"""Both load clients do the same against the floor: what is sent reaches every subscriber, timed."""

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.load import Load, LoadError, Subscribers
from bench.peers import plain
from bench.peers.base import MissingError
from bench.tools import floor_program, load_command
from bench.wire import upgrade

FALLBACK = (sys.executable, "-m", "bench.fallback")


@pytest.fixture(params=["native", "fallback"])
def command(request: pytest.FixtureRequest) -> Sequence[str]:
    try:
        floor_program()
    except MissingError as error:
        pytest.skip(str(error))
    return FALLBACK if request.param == "fallback" else load_command()


def test_every_message_reaches_every_subscriber(tmp_path: Path, command: Sequence[str]) -> None:
    with plain.FLOOR.start(tmp_path) as running:
        publishers = running.feeds[0].publishers(1)
        with Load(command, running.subscribers, 5, publishers) as load:
            measured = load.run(0.2, 4)
    assert measured.sent > 0
    assert measured.delivered == 5 * measured.sent
    assert 0 < measured.p50_ms <= measured.p99_ms


def test_addresses_take_turns(tmp_path: Path, command: Sequence[str]) -> None:
    with plain.FLOOR.start(tmp_path) as here, plain.FLOOR.start(tmp_path) as there:
        both = dataclasses.replace(here.subscribers, more=[there.subscribers.address])
        with Load(command, both, 5, here.feeds[0].publishers(1)) as load:
            measured = load.run(0.2, 4)
    assert measured.sent > 0
    assert measured.delivered == 3 * measured.sent


def test_a_pace_is_kept(tmp_path: Path, command: Sequence[str]) -> None:
    with plain.FLOOR.start(tmp_path) as running:
        publishers = running.feeds[0].publishers(1)
        with Load(command, running.subscribers, 2, publishers) as load:
            measured = load.run(0.5, 1_000, rate=20)
    assert 0 < measured.sent <= 11  # a busy machine sends fewer


def test_a_refusal_is_told_with_its_status(tmp_path: Path, command: Sequence[str]) -> None:
    with plain.BROADCAST.start(tmp_path) as running:
        elsewhere = Subscribers(running.subscribers.address, [upgrade("/nowhere")])
        with pytest.raises(LoadError, match="403"), Load(command, elsewhere, 1):
            pass

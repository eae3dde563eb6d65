"""CPU and memory are read from the kernel, of a program and all that it started."""

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bench.usage import family, usage_of

PARENT = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {child!r}], stdout=sys.stdout)
child.wait()
"""
CHILD = """
import time
held = bytearray(32 << 20)
while time.process_time() < 0.3: pass
print(flush=True)
time.sleep(60)
"""


@pytest.fixture
def parent() -> Iterator[int]:
    words = [sys.executable, "-c", PARENT.format(child=CHILD)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        for pid in family([process.pid]):
            subprocess.run(["kill", str(pid)], check=False)


def test_children_count_with_their_parent(parent: int) -> None:
    usage = usage_of([parent])
    assert len(family([parent])) == 2
    assert usage.cpu_seconds >= 0.2
    assert usage.uss.total() >= 32 << 10


def test_what_is_idle_costs_nothing(parent: int) -> None:
    before = usage_of([parent])
    time.sleep(0.1)
    assert usage_of([parent]).since(before).cpu_seconds < 0.1


def test_who_has_ended_is_left_out() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert usage_of([process.pid]).cpu_seconds == 0

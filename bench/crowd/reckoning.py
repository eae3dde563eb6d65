"""Whether each dashboard got what is kept, once and in order."""

import asyncio
import time
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence

from bench.crowd.dashboard import Dashboard
from bench.crowd.plan import Owed

CATCHING_UP = 15.0
"""Seconds that they get for what they still lack."""
LOOK = 0.1


async def reckoned(dashboards: Sequence[Dashboard], owed: Owed) -> list[str]:
    """The faults; one that lost something is not waited for any longer than that."""
    deadline = time.monotonic() + CATCHING_UP
    while time.monotonic() < deadline:
        if all(_caught_up(one, owed) for one in dashboards):
            break
        await asyncio.sleep(LOOK)
    return [fault for one in dashboards if (fault := fault_of(one, owed))]


def fault_of(dashboard: Dashboard, owed: Owed) -> str:
    """Empty for one that got what is kept after it began. What came later than it was looked up is
    left out.
    """
    who = f"{dashboard.tenant}, {dashboard.topic}"
    if dashboard.began is None:
        return f"{who}: never connected"
    everything = owed[dashboard.tenant, dashboard.topic]
    expected = everything[bisect_right(everything, dashboard.began) :]
    received = dashboard.received
    if received[: len(expected)] == expected:
        return ""
    counted = Counter(received)
    lost = sum(one not in counted for one in expected)
    doubled = sum(count > 1 for count in counted.values())
    return f"{who}: of {len(expected)}, {lost} lost, {doubled} doubled, or out of order"


def _caught_up(dashboard: Dashboard, owed: Owed) -> bool:
    expected, received = owed[dashboard.tenant, dashboard.topic], dashboard.received
    if not expected or dashboard.began is None or dashboard.began >= expected[-1]:
        return True
    return bool(received) and received[-1] >= expected[-1]

"""A rate per connection as two floats: the generic cell rate algorithm, with the clock passed in.

`limits` would keep a key per connection in one table that every hit has to look after; at ten
thousand connections that costs more than the message (docs/decisions/0007-quota-per-connection.md).
"""

_NOISE = 1e-3
"""Part of an interval that may be missing: what the sums of floats lose on a clock that has run for
months must not cost a message."""


class Rate:
    """`burst` messages at once, one more every `interval` seconds; one for all connections."""

    __slots__ = ("burst_seconds", "interval")

    def __init__(self, burst: int, interval: float) -> None:
        self.interval = interval
        self.burst_seconds = burst * interval


class Quota:
    """One connection's use of a rate. The first message out of bounds is not counted."""

    __slots__ = ("_full_at", "_rate")

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._full_at = 0.0

    def spend(self, now: float) -> float:
        """Take one; 0 when there was one left, else the seconds until there is."""
        full_at = max(self._full_at, now) + self._rate.interval
        excess = full_at - now - self._rate.burst_seconds
        if excess > self._rate.interval * _NOISE:
            return excess
        self._full_at = full_at
        return 0.0

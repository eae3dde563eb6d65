"""How many frames a peer may send for the payload they carry: a bound below the application.

A frame costs the receiver some 2 µs before anybody sees a message, so pings, empty fragments and
one-byte frames are work that no limit on messages ever counts.
"""

FRAME_BUDGET = 128
"""Frames that a peer may send within one second of the clock beyond those its payload pays for."""

FRAME_PRICE = 256
"""Bytes of data payload that pay for one frame. Control frames pay for nothing."""

INFLATED_PRICE = 4_096
"""Bytes of an inflated message that cost as much as one frame: inflating them takes some 5 µs, and
nine bytes of payload can make them.
"""


class FrameBudget:
    """Counts within whole seconds of `now`, so a burst across a boundary may reach twice the bound.

    Two small integers: an idle connection keeps nothing else.
    """

    __slots__ = ("_debt", "_second")

    def __init__(self) -> None:
        self._second = 0
        self._debt = 0

    def spend(self, payload: int, now: float) -> bool:
        """Take one frame with `payload` paying bytes into account; False once it is over the bound.

        What a large frame overpays is not saved up for later ones.
        """
        return self._spend(FRAME_PRICE - payload, now)

    def spend_inflated(self, size: int, now: float) -> bool:
        """Take the inflating of a message to `size` bytes into account, likewise."""
        return self._spend(FRAME_PRICE * (size // INFLATED_PRICE), now)

    def _spend(self, price: int, now: float) -> bool:
        second = int(now)
        if second != self._second:
            self._second = second
            self._debt = 0
        self._debt = max(0, self._debt + price)
        return self._debt <= FRAME_BUDGET * FRAME_PRICE

"""Which key signs when, and how long each has to verify afterwards. Pure: text in, text out.

One line a key: its kid, the second since the epoch from which it signs, and the longest life in
seconds of a token that it signed. The two numbers are 0 where they are left out.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final, Self

MARGIN: Final = 60
"""Seconds for which a key goes on verifying after its last token: clocks differ."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A key's time to sign: until the next one's begins."""

    kid: str
    since: int = 0
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Schedule:
    turns: tuple[Turn, ...]
    """By `since`."""

    @classmethod
    def parse(cls, text: str) -> Self:
        """Raises ValueError for what is no schedule."""
        try:
            turns = []
            for line in text.splitlines():
                kid, *numbers = line.split()
                turns.append(Turn(kid, *map(int, numbers)))
        except (ValueError, TypeError):
            raise ValueError("no schedule: each line is a kid and two numbers") from None
        return cls(tuple(turns))

    def __str__(self) -> str:
        return "".join(f"{turn.kid} {turn.since} {turn.longest}\n" for turn in self.turns)

    def at(self, now: float) -> Turn:
        """Raises ValueError where none has begun."""
        begun = [turn for turn in self.turns if turn.since <= now]
        if not begun:
            raise ValueError("no key signs yet")
        return begun[-1]

    def ends(self) -> dict[str, int]:
        """Of each key that has, or will have, a successor: when the last of its tokens ends."""
        return {
            turn.kid: after.since + turn.longest + MARGIN for turn, after in pairwise(self.turns)
        }

    def with_turn(self, turn: Turn) -> Self:
        turns = (*self.turns, turn)
        return replace(self, turns=tuple(sorted(turns, key=lambda each: each.since)))

    def without(self, kids: set[str]) -> Self:
        return replace(self, turns=tuple(turn for turn in self.turns if turn.kid not in kids))

    def with_life(self, kid: str, life: int) -> Self:
        """The key has signed, or is about to sign, a token that lives so long."""
        return replace(
            self,
            turns=tuple(
                replace(turn, longest=max(turn.longest, life)) if turn.kid == kid else turn
                for turn in self.turns
            ),
        )

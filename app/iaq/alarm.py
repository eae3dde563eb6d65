"""What one sensor's values of one quantity come to by the rules: raised, updated, resolved.

Pure: times come with the values. Silence changes nothing, it is neither good air nor bad.
"""

from collections.abc import Iterable
from enum import StrEnum

from app.iaq.rules import Rule, Side

LONGEST_GAP_MS = 900_000
"""After a longer silence it is not known for how long values were past a threshold: anew, then."""


class Turn(StrEnum):
    RAISED = "raised"
    UPDATED = "updated"
    RESOLVED = "resolved"


class Alarm:
    """For the values of one quantity past one side; `standing` is what was told last."""

    __slots__ = ("_fired", "_heard_ms", "_since", "standing")

    def __init__(self, standing: Rule | None = None) -> None:
        self.standing = standing
        self._fired = {standing.id} if standing else set[str]()
        self._since: dict[str, int] = {}
        self._heard_ms = 0

    @property
    def idle(self) -> bool:
        """Nothing would be different without it."""
        return not (self._fired or self._since)

    def see(self, rules: Iterable[Rule], value: float, time_ms: int) -> tuple[Turn, Rule] | None:
        """What there is to tell, and by which rule.

        An earlier value than the last says nothing any more. `rules` are those in force, all of
        them of this side: what one told of that is no longer among them is over.
        """
        if time_ms < self._heard_ms:
            return None
        if time_ms - self._heard_ms > LONGEST_GAP_MS:
            self._since.clear()
        self._heard_ms = time_ms
        in_force = list(rules)
        self._fired &= {rule.id for rule in in_force}
        for rule in in_force:
            self._judge(rule, value, time_ms)
        fired = [rule for rule in in_force if rule.id in self._fired]
        return self._turn(max(fired, key=_urgency, default=None))

    def _judge(self, rule: Rule, value: float, time_ms: int) -> None:
        if rule.id in self._fired:
            if rule.over(value):
                self._fired.discard(rule.id)
        elif not rule.past(value):
            self._since.pop(rule.id, None)
        else:
            since_ms = self._since.setdefault(rule.id, time_ms)
            long_enough = time_ms - since_ms >= rule.duration * 1_000
            if long_enough and not (rule.quiet and rule.quiet.cover(time_ms)):
                self._fired.add(rule.id)
                del self._since[rule.id]

    def _turn(self, standing: Rule | None) -> tuple[Turn, Rule] | None:
        before, self.standing = self.standing, standing
        if standing is None:
            return (Turn.RESOLVED, before) if before else None
        if before is None:
            return Turn.RAISED, standing
        same = (standing.severity, standing.threshold) == (before.severity, before.threshold)
        return None if same else (Turn.UPDATED, standing)


def _urgency(rule: Rule) -> tuple[int, float]:
    """Of two that are as urgent, the one that is further past says more."""
    return rule.severity.rank, rule.threshold if rule.side is Side.ABOVE else -rule.threshold

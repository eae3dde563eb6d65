"""One tenant's publications, however they come, in the order of their positions."""

from collections.abc import Sequence

from app.model import Position, Publication

MAX_EARLY = 4_096
"""Publications that wait for an earlier one; those beyond it are left to the store."""


class Resequencer:
    """Nothing comes out before it has begun; what comes in until then waits.

    What is of another epoch never comes out: it belongs to a store that was put back.
    """

    __slots__ = ("_early", "_newest", "position")

    def __init__(self) -> None:
        self.position: Position | None = None
        """Of what came out last."""
        self._early: dict[int, Publication] = {}
        self._newest = 0

    @property
    def behind(self) -> bool:
        """Whether something that is known to be kept has not come out."""
        return self.position is not None and self.position.sequence < self._newest

    def begin(self, position: Position) -> Sequence[Publication]:
        """Everything after this position is wanted; what of it is there already comes out."""
        self.position = position
        waited = sorted(self._early.items())
        self._early.clear()
        self._newest = position.sequence
        return self.take([publication for _, publication in waited])

    def expect(self, sequence: int) -> None:
        """Everything up to this one is kept."""
        self._newest = max(self._newest, sequence)

    def take(self, publications: Sequence[Publication]) -> Sequence[Publication]:
        """What comes out now that these came in, ascending and each once."""
        if not publications:
            return ()
        if self._follow(publications):
            return publications
        ready: list[Publication] = []
        for publication in publications:
            self._take(publication, ready)
        return ready

    def _follow(self, publications: Sequence[Publication]) -> bool:
        """The usual case: they are next, each of them, and nothing waits.

        Each is looked at: of two gateways that commit at once, the later's may come between.
        """
        position = self.position
        if position is None or self._early:
            return False
        for sequence, publication in enumerate(publications, position.sequence + 1):
            given = publication.position
            if given.sequence != sequence or given.epoch != position.epoch:
                return False
        self.position = publications[-1].position
        self._newest = max(self._newest, self.position.sequence)
        return True

    def _take(self, publication: Publication, ready: list[Publication]) -> None:
        position, given = self.position, publication.position
        if position is None:
            self._hold(publication)
        elif given.epoch == position.epoch and given.sequence > position.sequence:
            self.expect(given.sequence)
            if given.sequence > position.sequence + 1:
                self._hold(publication)
                return
            self._early.pop(given.sequence, None)
            following: Publication | None = publication
            while following is not None:
                self.position = following.position
                ready.append(following)
                following = self._early.pop(following.position.sequence + 1, None)

    def _hold(self, publication: Publication) -> None:
        if len(self._early) < MAX_EARLY:
            self._early[publication.position.sequence] = publication

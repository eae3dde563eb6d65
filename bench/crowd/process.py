"""The crowd as others see it: a process of its own, whose work slows no device's down."""

from multiprocessing import get_context
from types import TracebackType
from typing import Self

from bench.crowd.members import work
from bench.crowd.plan import Findings, Owed, Plan

PATIENCE = 90.0


class Crowd:
    """`with Crowd(plan) as crowd`: they begin to come."""

    def __init__(self, plan: Plan) -> None:
        self.size = len(plan.viewers)
        context = get_context("spawn")
        self._live = context.RawValue("i", 0)
        self._pipe, theirs = context.Pipe()
        words = (theirs, self._live, plan)
        self._process = context.Process(target=work, args=words, daemon=True)

    @property
    def live(self) -> int:
        """How many are connected and caught up; a tenth of a second old."""
        return int(self._live.value)

    def __enter__(self) -> Self:
        self._process.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()

    def reckon(self, owed: Owed) -> Findings:
        """Let them catch up, and compare. Raise `TimeoutError` when that does not end."""
        self._pipe.send(owed)
        if not self._pipe.poll(PATIENCE):
            raise TimeoutError("the crowd does not answer")
        findings: Findings = self._pipe.recv()
        return findings

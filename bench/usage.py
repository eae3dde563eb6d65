"""What processes cost, from /proc: CPU time and memory that is theirs (proc(5), Linux)."""

import os
import resource
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")
_IDLE, _IOWAIT = 3, 4


@dataclass(slots=True)
class Usage:
    """By program, nginx's workers and their master added; a peer's whole cost is the sum."""

    cpu: Counter[str] = field(default_factory=Counter)
    """Seconds of user and system time since each process began, and of children that have ended; to
    10 ms.
    """
    pss: Counter[str] = field(default_factory=Counter)
    """KB of anonymous memory, what is shared counted in parts. Pages of files are left out: they
    become ours, in part, whenever another program that uses the same library ends.
    """
    uss: Counter[str] = field(default_factory=Counter)
    """KB: private memory, what would be free if the process ended."""

    def since(self, earlier: Self) -> "Usage":
        return Usage(
            _difference(self.cpu, earlier.cpu),
            _difference(self.pss, earlier.pss),
            _difference(self.uss, earlier.uss),
        )

    @property
    def cpu_seconds(self) -> float:
        return float(self.cpu.total())


class Others:
    """What programs that are none of ours take of the machine, from its making on."""

    def __init__(self) -> None:
        self._before = _machine_cpu()

    def share(self) -> float:
        """Of all cores; what we started counts as ours once it has ended."""
        busy, ours, total = (
            now - then for now, then in zip(_machine_cpu(), self._before, strict=True)
        )
        return max(0.0, (busy - ours) / total)


def usage_of(roots: Iterable[int]) -> Usage:
    """Of these processes and all that descend from them, as they are now."""
    usage = Usage()
    for pid in family(roots):
        try:
            name, fields = _stat(pid)
            memory = _memory((_PROC / str(pid) / "smaps_rollup").read_text("ascii"))
        except (FileNotFoundError, ProcessLookupError):
            continue
        usage.cpu[name] += sum(map(int, fields[11:15])) / _TICKS  # type: ignore[assignment]  # Counter is typed for int
        usage.pss[name] += memory["Pss_Anon"]
        usage.uss[name] += memory["Private_Clean"] + memory["Private_Dirty"]
    return usage


def family(roots: Iterable[int]) -> set[int]:
    children: dict[int, list[int]] = {}
    for entry in _PROC.glob("[0-9]*"):
        try:
            children.setdefault(int(_stat(int(entry.name))[1][1]), []).append(int(entry.name))
        except (FileNotFoundError, ProcessLookupError):
            continue
    waiting, found = list(roots), set[int]()
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def _machine_cpu() -> tuple[float, float, float]:
    """Seconds since the machine began: of all cores busy, of this run, of all cores."""
    fields = (_PROC / "stat").read_text("ascii").splitlines()[0].split()[1:9]
    ticks = [int(field) / _TICKS for field in fields]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ours = sum(one.ru_utime + one.ru_stime for one in used)
    return sum(ticks) - ticks[_IDLE] - ticks[_IOWAIT], ours, sum(ticks)


def _stat(pid: int) -> tuple[str, list[str]]:
    """The program's name, and the fields from the third, its state, on."""
    before, _, after = (_PROC / str(pid) / "stat").read_text("utf-8").rpartition(")")
    return before.partition("(")[2], after.split()


def _memory(rollup: str) -> dict[str, int]:
    lines = (line.split() for line in rollup.splitlines()[1:])
    return {name.rstrip(":"): int(amount) for name, amount, *_ in lines}


def _difference(now: Counter[str], earlier: Counter[str]) -> Counter[str]:
    return Counter({name: value - earlier[name] for name, value in now.items()})

"""What processes cost, from /proc: CPU time and memory that is theirs (proc(5), Linux)."""

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = Path("/proc")


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


def _stat(pid: int) -> tuple[str, list[str]]:
    """The program's name, and the fields from the third, its state, on."""
    before, _, after = (_PROC / str(pid) / "stat").read_text("utf-8").rpartition(")")
    return before.partition("(")[2], after.split()


def _memory(rollup: str) -> dict[str, int]:
    lines = (line.split() for line in rollup.splitlines()[1:])
    return {name.rstrip(":"): int(amount) for name, amount, *_ in lines}


def _difference(now: Counter[str], earlier: Counter[str]) -> Counter[str]:
    return Counter({name: value - earlier[name] for name, value in now.items()})

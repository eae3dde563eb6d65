"""`python -m bench [fanout|connections|dashboards|ingest …] [--peer NAME]`: all, or some of it."""

import argparse
import resource
import sys
from pathlib import Path

from bench.results import PEERS, WORK, measure
from bench.tables import machine, report

_IDLE, _IOWAIT = 3, 4


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("work", nargs="*", choices=[*WORK, []], help="all of it when none is named")
    names = sorted({peer.name for peer in PEERS})
    parser.add_argument("--peer", action="append", choices=names, help="all when none is named")
    arguments = parser.parse_args()
    busy_before, ours_before, total_before = _machine_cpu()
    results = measure(arguments.work or WORK, arguments.peer or ())
    busy, ours, total = _machine_cpu()
    others = ((busy - busy_before) - (ours - ours_before)) / (total - total_before)
    sys.stdout.write(f"{report(results)}\n\n{machine(max(0.0, others))}\n")


def _machine_cpu() -> tuple[float, float, float]:
    """Seconds since the machine began: of all cores busy, of this run, of all cores."""
    fields = Path("/proc/stat").read_text("ascii").splitlines()[0].split()[1:9]
    ticks = [int(field) / 100 for field in fields]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    ours = sum(one.ru_utime + one.ru_stime for one in used)
    return sum(ticks) - ticks[_IDLE] - ticks[_IOWAIT], ours, sum(ticks)


if __name__ == "__main__":
    main()

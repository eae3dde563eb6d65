"""`python -m bench [fanout|connections|dashboards|ingest …] [--peer NAME]`: all, or some of it."""

import argparse
import sys

from bench.results import PEERS, WORK, measure
from bench.tables import machine, report
from bench.usage import Others


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("work", nargs="*", choices=[*WORK, []], help="all of it when none is named")
    names = sorted({peer.name for peer in PEERS})
    parser.add_argument("--peer", action="append", choices=names, help="all when none is named")
    arguments = parser.parse_args()
    others = Others()
    results = measure(arguments.work or WORK, arguments.peer or ())
    sys.stdout.write(f"{report(results)}\n\n{machine(others.share())}\n")


if __name__ == "__main__":
    main()

"""`python -m bench.whole`: 5,000 dashboards and 200 devices on the whole stack, with troubles.

An hour of eight tenants in three minutes: nginx with TLS, two workers, Redis, PostgreSQL. A worker
is killed, then Redis is restarted empty. Dashboards hold sockets, some read slowly, some poll;
devices post, send batches, stream, and make up for an outage. Writes a report with a verdict on
each promise; ends with 1 when one was broken.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from app.stack.programs import ROOT
from bench.operation import operated
from bench.tables import machine
from bench.tools import MissingError
from bench.usage import Others
from bench.whole.course import run
from bench.whole.devices import HOUR, SPEED
from bench.whole.report import write
from bench.whole.verdict import SETTINGS, promises

TENANTS = 8


def main() -> int:
    arguments, others = _arguments(), Others()
    try:
        with operated(TENANTS, **SETTINGS) as operation:
            found = asyncio.run(run(operation, arguments.size, arguments.seconds))
    except MissingError as error:
        sys.stderr.write(f"not run: {error}\n")
        return 0
    kept = promises(*found)
    sys.stdout.write(write(arguments.folder, found, kept, machine(others.share())))
    return 1 if any(one.broken for one in kept) else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.whole", description=__doc__)
    parser.add_argument("--size", type=int, default=5_000, help="dashboards (5000)")
    parser.add_argument("--seconds", type=float, default=HOUR / SPEED, help="of the course (180)")
    folder = ROOT / "var" / "whole"
    parser.add_argument("--folder", type=Path, default=folder, help="for the report (var/whole)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())

"""`python -m app up` with the benchmark's door to the hub: `python -m bench.servers.stack PORT`."""

import sys

from app.cli.deployment import prepare
from app.settings import Settings
from app.stack.processes import Commands
from app.stack.supervisor import run_stack

if __name__ == "__main__":
    gateway = (sys.executable, "-m", "bench.servers.gateway", "--feed", sys.argv[1])
    sys.exit(run_stack(Settings(), demo=False, prepare=prepare, commands=Commands(gateway=gateway)))

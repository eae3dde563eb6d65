"""Stands in for `serve --workers`: the real supervisor over stand-ins of the gateway.

Its arguments: the socket's path, how many, and the seconds until a new one has to answer.
"""

import asyncio
import os
import sys
from pathlib import Path

from app.stack.errors import StackError
from app.stack.workers import run_workers, sockets

if __name__ == "__main__":
    gateway = Path(__file__).with_name("standin_worker.py")
    paths, patience = sockets(Path(sys.argv[1]), int(sys.argv[2])), float(sys.argv[3])
    try:
        asyncio.run(run_workers(paths, os.environ, (sys.executable, str(gateway)), patience))
    except StackError as error:
        sys.exit(str(error))

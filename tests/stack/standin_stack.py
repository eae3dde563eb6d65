"""The real supervisor and nginx around the stand-in gateway; settings come by the environment.

Arguments: `demo` runs a feed that only waits, `broken-demo` one that fails at once; `tended`
has it look after logs and certificate all the time.
"""

import sys
from pathlib import Path

from app.settings import Settings
from app.stack import processes
from app.stack.processes import Commands
from app.stack.supervisor import run_stack

FEEDS = {"demo": "import time; time.sleep(600)", "broken-demo": "raise SystemExit(3)"}

if __name__ == "__main__":
    words = sys.argv[1:]
    if "tended" in words:
        processes.TEND_EVERY = 0.1
    feed = next((word for word in words if word in FEEDS), "")
    gateway = (sys.executable, str(Path(__file__).with_name("standin_gateway.py")))
    commands = Commands(gateway=gateway, demo=(sys.executable, "-c", FEEDS.get(feed, "")))
    settings = Settings(_env_file=None)
    sys.exit(run_stack(settings, demo=bool(feed), prepare=lambda _: ["Sign in"], commands=commands))

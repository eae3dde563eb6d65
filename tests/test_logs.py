"""A log that cannot be written takes nothing else down."""

import json
import subprocess
import sys
from pathlib import Path

from app.stack.programs import ROOT

BOTH = """
import logging, resource, structlog, sys
from app import logs
logs.configure("INFO", sys.stdout)
def say(text):
    structlog.get_logger().info(text)
    logging.getLogger("library").warning(text)
"""
FULL_FOR_A_WHILE = """
say("before")
resource.setrlimit(resource.RLIMIT_FSIZE, (600, resource.RLIM_INFINITY))
say("x" * 500)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
say("after")
"""


def run(script: str, log: Path) -> None:
    with log.open("ab") as file:
        words = [sys.executable, "-c", f"{BOTH}\n{script}"]
        done = subprocess.run(words, check=False, cwd=ROOT, stdout=file)
    assert done.returncode == 0


def test_a_full_disk_is_no_error_of_who_logs() -> None:
    run('say("lost")', Path("/dev/full"))


def test_what_is_logged_once_there_is_room_again_stands_on_lines_of_its_own(tmp_path: Path) -> None:
    log = tmp_path / "log"
    run(FULL_FOR_A_WHILE, log)
    before, library_before, cut, after, library_after = log.read_text().splitlines()
    assert cut.endswith("x" * 100)
    assert [json.loads(line)["event"] for line in (before, library_before)] == ["before"] * 2
    assert [json.loads(line)["event"] for line in (after, library_after)] == ["after"] * 2

"""`python -m bench.conformance`: is any case of Autobahn worse here than with uvicorn's own class?

Straight, then through the project's nginx with TLS. Exit 1 when a case is worse or 7.1.5 is not OK,
2 without Autobahn or nginx.
"""

import argparse
import logging
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from app.stack.programs import TOOLS, MissingProgramError
from bench.conformance import autobahn
from bench.conformance.echo import AGENTS, echo
from bench.conformance.front import tls_front

RANKS = ["OK", "INFORMATIONAL", "NON-STRICT", "UNIMPLEMENTED", "WRONG CODE", "UNCLEAN", "FAILED"]
"""From best to worst."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.conformance", description=__doc__)
    parser.add_argument("--python2", default="python2.7", help="an interpreter of Python 2.7")
    python2 = parser.parse_args().python2
    logging.disable()  # uvicorn's own class logs a traceback for each text that is not UTF-8
    worst = 0
    try:
        target = autobahn.install(python2, TOOLS)
        for name, way in (("straight", straight), ("nginx", through_nginx)):
            with way() as urls:
                verdicts = autobahn.run(python2, target, TOOLS / "autobahn" / name, urls)
            worst = max(worst, report(name, verdicts))
    except (OSError, subprocess.CalledProcessError, MissingProgramError) as error:
        sys.stderr.write(f"not run: {error}; --python2 names an interpreter of Python 2.7\n")
        return 2
    return worst


@contextmanager
def straight() -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        ports = {agent: stack.enter_context(echo(agent)) for agent in AGENTS}
        yield {agent: f"ws://127.0.0.1:{port}/ws" for agent, port in ports.items()}


@contextmanager
def through_nginx() -> Iterator[dict[str, str]]:
    with ExitStack() as stack:
        base = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        urls = {}
        for agent in AGENTS:
            folder = base / agent
            folder.mkdir()
            stack.enter_context(echo(agent, folder / "echo.sock"))
            port = stack.enter_context(tls_front(folder, folder / "echo.sock"))
            urls[agent] = f"wss://127.0.0.1:{port}/ws"
        yield urls


def report(name: str, verdicts: autobahn.Verdicts) -> int:
    """Print every case that differs or is not OK, and the counts; 1 when it is not good enough."""
    ours, theirs = verdicts["gateway"], verdicts["uvicorn"]
    rows = sorted(ours, key=lambda case: [int(part) for part in case.split(".")])
    worse = sum(rank(ours[case]) > rank(theirs[case]) for case in rows)
    lines = [f"{name:9}{'case':8}{'gateway':33}uvicorn's own class"]
    for case in rows:
        if ours[case] != theirs[case] or ours[case] != ("OK", "OK"):
            word = compared(rank(ours[case]), rank(theirs[case]))
            lines.append(f"{word:9}{case:8}{said(ours[case]):33}{said(theirs[case])}")
    for agent, cases in verdicts.items():
        counts = Counter(behaviour for behaviour, _ in cases.values())
        lines.append(f"{agent}: {len(cases)} cases, {dict(counts)}")
    lines.append(f"worse: {worse}; 7.1.5: {said(ours['7.1.5'])}\n\n")
    sys.stdout.write("\n".join(lines))
    return int(worse > 0 or ours["7.1.5"] != ("OK", "OK"))


def compared(ours: tuple[int, ...], theirs: tuple[int, ...]) -> str:
    if ours == theirs:
        return "equal"
    return "worse" if ours > theirs else "better"


def rank(verdict: tuple[str, str]) -> tuple[int, ...]:
    return tuple(RANKS.index(word) if word in RANKS else len(RANKS) for word in verdict)


def said(verdict: tuple[str, str]) -> str:
    return " / ".join(verdict)


if __name__ == "__main__":
    sys.exit(main())

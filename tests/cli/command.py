"""Runs `python -m app …` as a person does: a process, its two streams, its exit code."""

import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DONE, REFUSED, USAGE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Ended:
    code: int
    out: str
    err: str

    def result(self) -> str:
        """What stood on stdout, of a command that is done."""
        assert self.code == DONE, self.err
        return self.out.removesuffix("\n")

    def reason(self, code: int = REFUSED) -> str:
        """What stood on stderr, of a command that is refused; stdout stays empty."""
        assert (self.code, self.out) == (code, ""), self.err
        assert "Traceback" not in self.err
        return self.err


@dataclass(frozen=True, slots=True)
class Shell:
    """A folder in which commands run, with their state in its `var`."""

    folder: Path

    @property
    def state(self) -> Path:
        return self.folder / "var"

    async def run(self, *words: str, typed: str = "", **settings: str) -> Ended:
        """With what a person types, where the command asks."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "app", *words,
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **settings},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(process.communicate(typed.encode()), 60)
        return Ended(process.returncode or 0, out.decode(), err.decode())

    async def run_all(self, *commands: str, **settings: str) -> list[Ended]:
        """Side by side; the words of each are parted by spaces."""
        return list(
            await asyncio.gather(*(self.run(*words.split(), **settings) for words in commands))
        )

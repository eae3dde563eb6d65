"""The gateway in a process of its own: `python -m app serve --tcp`, to be stopped and weighed."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from app.settings import Settings
from auth.keys import KeyRing, create_key
from auth.tokens import TokenIssuer
from tests.conftest import Running

ROOT = Path(__file__).parents[2]
PATIENCE = 60.0
_ADDRESS = re.compile(r"'127\.0\.0\.1', (\d+)\)")
_KILOBYTE = 1_024


@dataclass
class Separate(Running):
    process: asyncio.subprocess.Process

    def private_bytes(self) -> int:
        """Memory that would be free if it ended (proc(5), Linux)."""
        rollup = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text("ascii")
        kilobytes = re.findall(r"^Private_(?:Clean|Dirty): +(\d+) kB", rollup, re.MULTILINE)
        return _KILOBYTE * sum(map(int, kilobytes))

    async def terminate(self, within: float) -> int:
        """SIGTERM; the exit code. Fails when it has not ended within so many seconds."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), within)


@asynccontextmanager
async def separate(
    folder: Path, address: str = "127.0.0.1:0", **settings: str
) -> AsyncIterator[Separate]:
    """On a free port, or one that another has left, with these settings in its environment."""
    own = Settings(_env_file=None, state_dir=folder / "var")
    if not own.keys_dir.exists():
        create_key(own.keys_dir)
    issuer = TokenIssuer(KeyRing.load(own.keys_dir), own.token_issuer)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "serve", "--tcp", address,
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "STATE_DIR": str(own.state_dir),
            "LIMIT_SCALE": "1000",
            **settings,
        },
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), PATIENCE)
        found = _ADDRESS.search(line.decode())
        assert found is not None, line
        reading = asyncio.create_task(process.stdout.read())
        yield Separate(own, int(found[1]), issuer, asyncio.Event(), process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
    await reading

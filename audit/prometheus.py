"""A real Prometheus over the files of a folder, and what it answers."""

import asyncio
import signal
import subprocess
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2

from app.stack.process import die_with_parent
from audit import tools
from tests.ports import free_port

PATIENCE = 60.0
"""Seconds, on a machine that others use as well."""


@asynccontextmanager
async def watching(folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """With `folder/prometheus.yml`; its API."""
    port = free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(  # noqa: ASYNC220  (it returns at once)
            [
                tools.system("prometheus"),
                f"--config.file={folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
            ],
            stderr=log,
            preexec_fn=lambda: die_with_parent(signal.SIGKILL),  # noqa: PLW1509  (started from the main thread)
        )
    try:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}/api/v1") as client:
            yield client
    finally:
        process.terminate()
        process.wait(20)


async def ask(client: httpx2.AsyncClient, query: str) -> list[Any]:
    """Raise `HTTPStatusError` for one that it does not understand."""
    answer = await client.get("/query", params={"query": query})
    result: list[Any] = answer.raise_for_status().json()["data"]["result"]
    return result


async def await_series(client: httpx2.AsyncClient, query: str, count: int) -> list[Any]:
    """What is found, as soon as it is so many."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            found = await ask(client, query)
        except httpx2.HTTPError:  # it is not there yet
            found = []
        if len(found) == count:
            return found
        assert time.monotonic() < deadline, (query, found)
        await asyncio.sleep(0.5)

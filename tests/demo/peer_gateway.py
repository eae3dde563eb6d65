"""A small real server that answers as documented, and a clock that needs no time."""

import asyncio
import socket
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

START = 1_736_935_200.0  # Wednesday 2025-01-15 10:00 UTC
NOBODY = "http://127.0.0.1:1"
"""An address where nobody listens, and that no other test is given."""


class Received(NamedTuple):
    path: str
    authorization: str
    body: Any


class FakeClock:
    """Sleeping takes no time and is noted; `after` is called with each new time."""

    def __init__(self, after: Callable[[float], object] = lambda _: None) -> None:
        self.time = START
        self.slept: list[float] = []
        self._after = after

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.slept.append(seconds)
        self._after(self.time)


class Peer:
    def __init__(self) -> None:
        self.received: list[Received] = []
        self.next_answers: deque[JSONResponse] = deque()
        """What it answers before it goes on as documented."""
        self.refuse_below: float | None = None
        """CO2 under which one measurement is rejected."""
        self._kept: set[tuple[str, str]] = set()
        self.url = ""

    def bodies(self, path: str) -> list[Any]:
        return [request.body for request in self.received if request.path == path]

    async def answer(self, request: Request) -> JSONResponse:
        body = await request.json()
        headers = request.headers
        self.received.append(Received(request.url.path, headers["authorization"], body))
        if self.next_answers:
            return self.next_answers.popleft()
        if request.url.path != "/api/ingest":
            return JSONResponse({"status": "published", "position": "e:1"})
        if isinstance(body, list):
            return JSONResponse({"results": [self._ingest(item) for item in body]})
        return JSONResponse(self._ingest(body))

    def _ingest(self, item: dict[str, Any]) -> dict[str, Any]:
        co2 = item["values"].get("CO2")
        if self.refuse_below is not None and co2 is not None and co2 < self.refuse_below:
            return {"status": "rejected", "error": {"code": "invalid", "message": "too low"}}
        key = (item["sensor_id"], item["timestamp"])
        status = "duplicate" if key in self._kept else "stored"
        self._kept.add(key)
        return {"status": status, "sensor_id": key[0], "timestamp": key[1], "global_score": 85}


@asynccontextmanager
async def peer_gateway() -> AsyncIterator[Peer]:
    peer = Peer()
    app = FastAPI()
    app.add_api_route("/{path:path}", peer.answer, methods=["POST"])
    # Named a TCP socket, which `create_server` does not: asyncio sets TCP_NODELAY on no other, and
    # each answer would wait 40 ms for a delayed acknowledgement.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        peer.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield peer
        finally:
            server.should_exit = True
            await task


def refusal(status: int, code: str, **headers: str) -> JSONResponse:
    body = {"error": {"code": code, "message": "no", "request_id": "r"}}
    return JSONResponse(
        body, status, {name.replace("_", "-"): text for name, text in headers.items()}
    )

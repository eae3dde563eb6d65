"""What the running program writes: one JSON object a line, the documented events, no secret."""

import asyncio
import json
import os
import re
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Subprotocol

from app.settings import Settings
from auth.keys import KeyRing, create_key
from auth.principal import Role
from auth.tokens import TokenIssuer
from tests.edge.wire import heard, measurement, say

ROOT = Path(__file__).parents[2]
CANARY = "eyJjYW5hcnki.eyJjYW5hcnki.Y2FuYXJ5"
"""Shaped as a token, so that whatever treats tokens treats it."""
_ADDRESS = re.compile(r"'127\.0\.0\.1', (\d+)\)")


@dataclass
class Program:
    """The gateway as a process of its own, and what it has written."""

    process: asyncio.subprocess.Process
    port: int
    lines: list[str]
    issuer: TokenIssuer
    secrets: list[str]

    def token(self, role: Role) -> str:
        token = self.issuer.issue(
            subject="someone", tenant="acme", role=role, ttl=600, now=time.time()
        )
        self.secrets.append(token)
        return token

    def events(self, name: str) -> list[dict[str, Any]]:
        records = [json.loads(line) for line in self.lines]
        return [record for record in records if record["event"] == name]

    async def read(self) -> str:
        assert self.process.stdout is not None
        line = (await asyncio.wait_for(self.process.stdout.readline(), 20)).decode()
        self.lines.append(line)
        return line

    async def read_until(self, event: str) -> None:
        while f'"event": "{event}"' not in await self.read():
            pass


@asynccontextmanager
async def program(folder: Path) -> AsyncIterator[Program]:
    """`python -m app serve` on a free port, heard at its most talkative."""
    settings = Settings(_env_file=None, state_dir=folder / "var")
    create_key(settings.keys_dir)
    issuer = TokenIssuer(KeyRing.load(settings.keys_dir), settings.token_issuer)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "serve", "--tcp", "127.0.0.1:0",
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "STATE_DIR": str(settings.state_dir),
            "LOG_LEVEL": "DEBUG",
            "HEARTBEAT": "0.5",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    running = Program(process, 0, [], issuer, [CANARY])
    try:
        address = _ADDRESS.search(await running.read())
        assert address is not None, running.lines
        running.port = int(address[1])
        yield running
    finally:
        process.terminate()
        out, err = await process.communicate()
        running.lines += out.decode().splitlines()
        assert err == b""


async def knock(running: Program, query: str = "", *subprotocols: str, **headers: str) -> None:
    """Try to open a socket."""
    attempt = connect(
        f"ws://127.0.0.1:{running.port}/ws{query}",
        subprotocols=[Subprotocol(name) for name in subprotocols] or None,
        additional_headers=headers,
    )
    try:
        async with attempt:
            pass
    except InvalidStatus:
        pass


async def show_secrets_everywhere(running: Program) -> None:
    bearer = {"Authorization": f"Bearer {CANARY}"}
    device = {"Authorization": f"Bearer {running.token(Role.DEVICE)}"}
    dashboard = running.token(Role.DASHBOARD)
    base = f"http://127.0.0.1:{running.port}"
    async with httpx2.AsyncClient(base_url=base, verify=False, timeout=30) as client:
        for path in ("/ws/stats", f"/{CANARY}", f"/api/messages?token={CANARY}", "/health/ready"):
            await client.get(path, headers={**bearer, "Cookie": f"session={CANARY}"})
        await client.post(f"/api/publish/{CANARY}", headers=bearer)
        await client.post(f"/api/publish/{CANARY}", headers=device)
        await client.get("/ws/stats", headers={"Authorization": CANARY, "X-Request-ID": CANARY})
        for body in (CANARY, {CANARY: CANARY}, measurement(timestamp=CANARY), measurement()):
            await client.post("/api/ingest", headers=device, json=body)
        await client.request(CANARY, "/api/ingest")
    await use_tickets(running, base, dashboard)
    for query in (f"?token={CANARY}", f"?ticket={CANARY}", f"?topics={CANARY}", f"?{CANARY}"):
        await knock(running, query)
        await knock(running, query, "iaqverse.v1", f"bearer.{dashboard}")
    await knock(running, "", "iaqverse.v1", f"bearer.{CANARY}")
    await knock(running, "", f"bearer.{CANARY}", CANARY)
    await knock(running, "", Authorization=f"Bearer {CANARY}", Origin=f"https://{CANARY}")
    await knock(running, f"?ticket={CANARY}", Authorization=f"Bearer {dashboard}")
    reader, writer = await asyncio.open_connection("127.0.0.1", running.port)
    writer.write(f"{CANARY}\r\n{CANARY}\r\n\r\n".encode())
    await reader.read()
    writer.close()


async def use_tickets(running: Program, base: str, token: str) -> None:
    """One that opens a socket, again, and with another credential."""
    bearer = {"Authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(
        base_url=base, headers=bearer, verify=False, timeout=30
    ) as client:
        ticket = (await client.post("/auth/ws-ticket")).json()["ticket"]
        await client.get(f"/ws?ticket={ticket}")
    running.secrets.append(ticket)
    await knock(running, f"?ticket={ticket}", **bearer)
    for _ in range(2):
        await knock(running, f"?ticket={ticket}")


async def test_its_lines_are_json_with_the_documented_events_and_no_secret(tmp_path: Path) -> None:
    async with program(tmp_path) as running:
        await show_secrets_everywhere(running)
        token = running.token(Role.DASHBOARD)
        async with connect(
            f"ws://127.0.0.1:{running.port}/ws?topics=measurements,alerts",
            additional_headers={"Authorization": f"Bearer {token}"},
        ) as socket:
            await heard(socket)
            await say(socket, type=CANARY, id=CANARY)
            device = {"Authorization": f"Bearer {running.token(Role.DEVICE)}"}
            base = f"http://127.0.0.1:{running.port}"
            async with httpx2.AsyncClient(
                base_url=base, headers=device, verify=False, timeout=30
            ) as client:
                await client.post("/api/ingest", json=measurement(sensor_id="b"))
            await running.read_until("WebSocket broadcast")
            await running.read_until("WebSocket pong")
        await running.read_until("WebSocket disconnected")

    assert running.process.returncode == 0
    everything = "\n".join(running.lines)
    for secret in running.secrets:
        for part in (secret, *secret.split(".")):
            assert part not in everything

    for line in filter(None, running.lines):
        assert {"timestamp", "event", "level"} <= json.loads(line).keys()
    assert [json.loads(line)["event"] for line in (running.lines[0], running.lines[-1])] == [
        "gateway started",
        "gateway stopped",
    ]
    connected = running.events("WebSocket connected")[-1]
    disconnected = running.events("WebSocket disconnected")[-1]
    assert connected["topics"] == ["alerts", "measurements"]
    assert (connected["total"], disconnected["total"]) == (1, 0)
    assert connected["connection"] == disconnected["connection"] == connected["request"]
    assert disconnected["code"] == 1000
    sent = [event for event in running.events("WebSocket broadcast") if event["deliveries"]]
    assert (sent[-1]["deliveries"], sent[-1]["clients"]) == (1, 1)
    assert running.events("WebSocket pong")[-1]["received"] >= 1

    refused = running.events("refused")
    assert {event["status"] for event in refused} >= {400, 401, 403, 422}
    assert all(len(event["request"]) == 32 for event in refused)
    reasons = {event["reason"] for event in running.events("token refused")}
    assert reasons <= {"malformed", "header", "ticket"}
    assert reasons

"""What the tests of the edge say and hear on the wire."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from httpx2 import AsyncClient, Response
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

SENT: dict[str, Any] = {
    "sensor_id": "bureau1",
    "enseigne": "Maison",
    "salle": "Bureau",
    "timestamp": "2025-11-19T10:05:00Z",
    "values": {"CO2": 645, "PM25": 12, "TVOC": 0.2, "Temperature": 22.3, "Humidity": 45},
}
"""A device's body that comes out as the documented message."""

DOCUMENTED: dict[str, Any] = {
    "type": "measurement",
    "timestamp": "2025-11-19T10:05:00Z",
    "sensor_id": "bureau1",
    "enseigne": "Maison",
    "salle": "Bureau",
    "values": {"CO2": 645, "PM25": 12, "TVOC": 0.2, "Temperature": 22.3, "Humidity": 45},
    "co2": 645,
    "pm25": 12,
    "tvoc": 0.2,
    "temperature": 22.3,
    "humidity": 45,
    "global_score": 85,
}
"""The message of the user's description, member for member."""

PLACE = {"enseigne": "Maison", "salle": "Bureau"}
NOTICES: dict[str, dict[str, Any]] = {
    "predictions": {**PLACE, "horizon_minutes": 30, "values": {"CO2": 900.5}, "confidence": 0.8},
    "actions": {**PLACE, "action": "open_window", "priority": "high", "reason": "CO2 rises"},
    "alerts": {**PLACE, "severity": "critical", "state": "raised", "message": "CO2 above 2000 ppm"},
    "modules": {**PLACE, "module_id": "window-1", "kind": "window", "state": "open"},
}
"""A body for each topic that services publish on."""

PATIENCE = 6.0
"""Seconds after which a test that waits has failed."""
TOLD = 0.5
"""Seconds in which health names what does not work."""
BUSY = 5.0
"""More than what is promised, for a machine that others use as well."""


def measurement(**changes: Any) -> dict[str, Any]:
    """The documented body but for `changes`; None leaves a member out."""
    return {name: value for name, value in {**SENT, **changes}.items() if value is not None}


def error_of(content: bytes | bytearray | None) -> dict[str, Any]:
    """The error in a body of the one shape that all errors have."""
    body = msgspec.json.decode(content or b"")
    assert body.keys() == {"error"}
    error: dict[str, Any] = body["error"]
    assert {"code", "message", "request_id"} <= error.keys()
    assert len(error["request_id"]) == 32
    return error


async def heard(socket: ClientConnection) -> dict[str, Any]:
    """The next message."""
    message: dict[str, Any] = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE))
    return message


async def say(socket: ClientConnection, **command: Any) -> dict[str, Any]:
    """Send a command; the next message, which is its answer where nothing is published."""
    await socket.send(json.dumps(command))
    return await heard(socket)


async def assert_silence(socket: ClientConnection) -> None:
    """Nothing has been sent: what was would stand before the pong."""
    assert await say(socket, type="ping", id="silence") == {"type": "pong", "id": "silence"}


async def end_of(socket: ClientConnection, within: float = PATIENCE) -> tuple[int, str]:
    """The close code and reason that the gateway ends it with."""
    await asyncio.wait_for(socket.wait_closed(), within + BUSY)
    assert socket.close_code is not None
    return socket.close_code, socket.close_reason or ""


async def refusal_of(attempt: connect) -> tuple[int, dict[str, str], dict[str, Any]]:
    """Status, headers and error of a handshake that is refused."""
    with pytest.raises(InvalidStatus) as refused:
        await attempt
    response = refused.value.response
    headers = {name.lower(): value for name, value in response.headers.raw_items()}
    return response.status_code, headers, error_of(response.body)


async def past(moment: float) -> None:
    """Wait for the wall clock: the life of a token is told in its whole seconds."""
    await asyncio.sleep(max(0.0, moment - time.time()))


async def health_names(client: AsyncClient, part: str) -> Response:
    """The answer of `/health/ready`, which comes within half a second: now and then it does not on
    a machine that others use as well, so it is asked again until one has.
    """
    answer: Response

    async def does() -> bool:
        nonlocal answer
        began = time.monotonic()
        answer = await client.get("/health/ready")
        body: dict[str, Any] = answer.json()
        parts = body.get("parts", {})
        wrong = (body.get("error", {}).get("part"), *(p for p in parts if parts[p] != "ok"))
        return part in wrong and time.monotonic() - began < TOLD

    await until(does, within=3 * PATIENCE)
    return answer


async def until(holds: Callable[[], Awaitable[bool]], within: float) -> None:
    """Ask again and again; fails when it does not hold within so many seconds."""
    async with asyncio.timeout(within + BUSY):
        while not await holds():  # noqa: ASYNC110  (another process is asked, no event comes)
            await asyncio.sleep(0.05)

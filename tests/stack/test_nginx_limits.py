"""nginx's own limits are reached, say which one it was, and leak nothing."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.stack.stack_process import Answer, StackProcess

CANARY = "canary-0123456789"


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StackProcess]:
    """4 requests a second, 20 at once, 8 connections."""
    folder = tmp_path_factory.mktemp("small")
    with StackProcess(folder, LIMIT_SCALE=0.02) as running:
        yield running


def refused(answer: Answer, limit: str) -> None:
    assert answer.status == 429
    assert answer.headers["retry-after"] == "1"
    assert answer.json["error"].items() >= {
        ("code", "rate_limited"),
        ("limit", limit),
        ("retry_after", 1),
        ("request_id", answer.headers["x-request-id"]),
    }


def flood(stack: StackProcess, path: str) -> Answer:
    """Ask until it is too much."""
    answers = (stack.ask(path) for _ in range(300))
    return next(answer for answer in answers if answer.status != 200)


@pytest.mark.parametrize("path", ["/api/x", "/auth/me", "/health/live", "/ws/stats", "/index.html"])
def test_requests_of_an_address_are_limited_on_each_path(small: StackProcess, path: str) -> None:
    assert small.ask(path).status == 200
    refused(flood(small, f"{path}?{CANARY}"), "requests_per_address")
    assert CANARY not in small.logs()


@pytest.mark.parametrize(
    ("flooded", "other"), [("/api/x", "/health/live"), ("/health/live", "/api/x")]
)
def test_health_and_the_rest_do_not_starve_each_other(
    small: StackProcess, flooded: str, other: str
) -> None:
    assert flood(small, flooded).status == 429
    assert small.ask(other).status == 200


async def test_connections_of_an_address_are_limited(small: StackProcess) -> None:
    url = f"wss://localhost:{small.https_port}/ws"
    async with AsyncExitStack() as open_sockets:
        for _ in range(8):
            await open_sockets.enter_async_context(connect(url, ssl=small.tls))
        with pytest.raises(InvalidStatus) as refusal:
            await connect(url, ssl=small.tls)
        assert refusal.value.response.status_code == 429
        refused(await asyncio.to_thread(small.ask, "/api/x"), "connections_per_address")
    assert small.ask("/api/x").status in {200, 429}

"""Told that it lagged, a subscriber comes back for what it missed and takes nothing newer."""

import json
from collections.abc import Iterable

from iaqverse.subscriber import Subscriber
from websockets.asyncio.server import ServerConnection, serve


async def test_what_came_in_with_the_word_that_it_lagged_is_not_taken() -> None:
    asked: list[str] = []

    async def gateway(socket: ServerConnection) -> None:
        await socket.send(json.dumps({"type": "connection_established", "position": "e-0"}))
        asked.append(json.loads(await socket.recv())["after"])
        if len(asked) == 1:
            await tell(socket, [1])
            await socket.send(json.dumps({"type": "lagged", "dropped": 1}))
            await tell(socket, [3])
        else:
            await tell(socket, [2, 3])
        await socket.wait_closed()

    async with serve(gateway, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        subscriber = aiter(Subscriber(f"http://127.0.0.1:{port}", "token"))
        given = [(await anext(subscriber))["position"] for _ in range(3)]
        await subscriber.aclose()
    assert given == ["e-1", "e-2", "e-3"]
    assert asked == ["e-0", "e-1"]


async def tell(socket: ServerConnection, sequences: Iterable[int]) -> None:
    for sequence in sequences:
        await socket.send(json.dumps({"type": "measurement", "position": f"e-{sequence}"}))

"""Stands in for the gateway behind nginx: says what reached it, echoes on /ws."""

import json
import os
from typing import Any

import uvicorn

Scope = dict[str, Any]


async def app(scope: Scope, receive: Any, send: Any) -> None:
    if scope["type"] == "websocket":
        await _echo(receive, send)
        return
    body, more = b"", True
    while more:
        event = await receive()
        body, more = body + event.get("body", b""), event.get("more_body", False)
    answer = {
        "path": scope["path"],
        "socket": os.environ["GATEWAY_SOCKET"],
        "headers": [[name.decode(), value.decode("latin-1")] for name, value in scope["headers"]],
        "body_bytes": len(body),
    }
    headers = [(b"content-type", b"application/json"), (b"x-request-id", b"gateway's own")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(answer).encode()})


async def _echo(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": event["text"]})


if __name__ == "__main__":
    uvicorn.run(app, uds=os.environ["GATEWAY_SOCKET"], lifespan="off", log_level="warning")

"""What everybody writes: a set of sockets, and `send_json` to each."""

from typing import Any

from fastapi import FastAPI, WebSocket, WebSocketDisconnect

app = FastAPI()
sockets: set[WebSocket] = set()


@app.websocket("/ws")
async def socket(websocket: WebSocket) -> None:
    await websocket.accept()
    sockets.add(websocket)
    try:
        while True:
            await websocket.receive_text()
    except WebSocketDisconnect:
        sockets.discard(websocket)


@app.post("/publish")
async def publish(message: dict[str, Any]) -> dict[str, int]:
    for websocket in tuple(sockets):
        await websocket.send_json(message)
    return {"delivered": len(sockets)}

"""`/ws/ingest`: a device's socket. Decided before the upgrade, as `/ws` is."""

from time import perf_counter

from fastapi import FastAPI, Request, WebSocket

from app.domain.stream import Stream
from app.edge.client_ip import client_ip
from app.edge.errors import request_id
from app.edge.gateway import Gateway
from app.edge.handshake import origin_of, query_of, subprotocol_of, token_of
from app.errors import UpgradeRequiredError
from app.transport.upgrade import hand_over


def routes(app: FastAPI, gateway: Gateway) -> None:
    desk = gateway.desk

    @app.websocket("/ws/ingest")
    async def stream(websocket: WebSocket) -> None:
        began, ip = perf_counter(), client_ip(websocket)
        gateway.limits.handshake(ip)
        origin_of(websocket, gateway.settings.origins)
        query_of(websocket, frozenset())
        device = await gateway.access.device(websocket, token_of(websocket))
        slot = desk.acquire_slot(ip, device)
        stream = Stream(desk, gateway.intake, device, slot)
        try:
            await websocket.accept(subprotocol=subprotocol_of(websocket))
            connection = hand_over(websocket.scope, stream)
        except BaseException:
            desk.slots.release(slot)
            raise
        stream.start(connection, name=request_id(websocket))
        desk.handshakes.observe_since(began)

    @app.get("/ws/ingest")
    async def no_stream(request: Request) -> None:  # noqa: ARG001  (every handler takes its request)
        raise UpgradeRequiredError("this address speaks WebSocket")

"""The application: every route, on a gateway that `app.bootstrap` has put together."""

from functools import partial

from fastapi import FastAPI

from app.edge import (
    alerts,
    audit,
    claims,
    connections,
    device_credentials,
    devices,
    errors,
    history,
    ingest,
    messages,
    metrics,
    operate,
    outlets,
    people,
    plans,
    publish,
    revocations,
    socket,
    stream,
    system,
    tenants,
    tickets,
    tokens,
    users,
)
from app.edge.gateway import Gateway
from app.edge.head import Head
from app.edge.request_id import RequestId


def create_app(gateway: Gateway) -> FastAPI:
    """Routes only: the gateway's life begins and ends around it."""
    app = FastAPI(openapi_url=None, redirect_slashes=False)
    app.state.limiter = gateway.limits.slowapi
    app.router.route_class = gateway.limits.route_class()
    app.add_middleware(Head)
    app.add_middleware(RequestId)
    errors.install(app, gateway.limits, partial(audit.note_refusal, gateway.audit))
    subjects = (
        ingest,
        history,
        messages,
        publish,
        alerts,
        outlets,
        plans,
        socket,
        stream,
        tickets,
        people,
        claims,
        devices,
        device_credentials,
        tokens,
        audit,
        connections,
        tenants,
        users,
        revocations,
        operate,
        system,
        metrics,
    )
    for subject in subjects:
        subject.routes(app, gateway)
    return app

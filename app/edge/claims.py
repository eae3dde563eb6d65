"""`POST /auth/claim`: a device brings its claim code and gets its token."""

import time
from typing import Annotated

import msgspec
from fastapi import FastAPI, Request, Response

from app.domain import claims
from app.domain.audit import Audit
from app.domain.decoding import decode
from app.domain.registrar import Note, Registrar
from app.edge.answer import answer
from app.edge.body import json_body
from app.edge.client_ip import client_ip
from app.edge.gateway import Gateway
from app.edge.limits import CLAIM
from app.edge.registering import shown_once
from app.storage.records.audit import Act
from app.storage.sql import Sql


class Claim(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    code: Annotated[str, msgspec.Meta(max_length=100)]


_claim = msgspec.json.Decoder(Claim)


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.post(CLAIM)
    async def claim(request: Request) -> Response:
        asked = decode(_claim, await json_body(request, gateway.settings))
        note = _by_itself(gateway.audit, client_ip(request))
        registrar = Registrar(gateway.keys.issuer, note, time.time())
        device, issued = await gateway.store.transact(
            lambda sql: claims.claim(registrar, sql, asked.code)
        )
        return answer(
            {
                "device": device.id,
                "tenant": device.tenant,
                "sensors": device.sensors,
                "enseigne": device.enseigne,
                "salle": device.salle,
                "interval": device.interval,
                **shown_once(issued),
            },
            201,
        )


def _by_itself(audit: Audit, address: str) -> Note:
    """A device that claims what it is: who acts is who it is done to."""

    def note(sql: Sql, tenant: str, act: Act, target: str) -> None:
        audit.write(sql, tenant, act, actor="", target=target, address=address)

    return note

"""`/auth/login`, `/auth/refresh`, `/auth/logout`, `/auth/me`: people, by name and password.

The refresh token is in a cookie that no script reads and that opens nothing but these addresses.
"""

from typing import Annotated

import msgspec
from fastapi import FastAPI, Request, Response

from app.domain.accounts import SignedIn, SignedOutError
from app.domain.decoding import decode
from app.edge.answer import NO_STORE, answer
from app.edge.body import json_body
from app.edge.client_ip import client_ip
from app.edge.errors import response_to
from app.edge.gateway import Gateway
from app.edge.handshake import ForbiddenOriginError, origin_of
from app.edge.limits import SIGN_IN
from app.model import wire_time
from auth.login import parse
from auth.principal import Principal, Role

COOKIE = "__Host-iaqverse-refresh"


class Credentials(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    login: Annotated[str, msgspec.Meta(max_length=200)]
    password: Annotated[str, msgspec.Meta(max_length=1_000)]


class Leave(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    everywhere: bool = False


_credentials = msgspec.json.Decoder(Credentials)
_leave = msgspec.json.Decoder(Leave)


def routes(app: FastAPI, gateway: Gateway) -> None:
    accounts, limits = gateway.accounts, gateway.limits

    async def body_of_page(request: Request) -> bytes:
        _require_own_page(request, gateway.settings.origins)
        return await json_body(request, gateway.settings)

    @app.post(SIGN_IN)
    async def login(request: Request) -> Response:
        given: Credentials = decode(_credentials, await body_of_page(request))
        who, ip = parse(given.login), client_ip(request)
        known = who is not None and await accounts.knows(who, ip)
        limits.sign_in(ip, str(who), known=known)
        signed_in = await accounts.sign_in(who, given.password, ip)
        limits.signed_in(ip, str(who))
        return _answer(signed_in)

    @app.post("/auth/refresh")
    async def refresh(request: Request) -> Response:
        await body_of_page(request)
        try:
            return _answer(await accounts.renew(request.cookies.get(COOKIE), client_ip(request)))
        except SignedOutError as error:
            response = response_to(request, error)
            _forget(response)
            return response

    @app.post("/auth/logout")
    async def logout(request: Request) -> Response:
        given: Leave = decode(_leave, await body_of_page(request))
        await accounts.sign_out(
            request.cookies.get(COOKIE), client_ip(request), everywhere=given.everywhere
        )
        await gateway.watch.look()
        response = Response(status_code=204, headers=NO_STORE)
        _forget(response)
        return response

    @app.get("/auth/me")
    async def me(request: Request) -> Response:
        person = gateway.access.request(request, Role.DASHBOARD, Role.ADMIN)
        return answer(_person(person))


def _require_own_page(request: Request, allowed: frozenset[str]) -> None:
    """What may come with the cookie is asked for by an allowed page, and the browser says so.

    A sister domain is of the same site, so `SameSite` alone would let its pages in.
    """
    if origin_of(request, allowed) is None:
        raise ForbiddenOriginError("this needs the Origin of an allowed page")
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise ForbiddenOriginError("another site's page asked for this")


def _answer(signed_in: SignedIn) -> Response:
    user = signed_in.user
    content = {
        "access_token": signed_in.access_token,
        "token_type": "Bearer",
        "expires_in": signed_in.expires_in,
        "user": {
            "name": user.login.name,
            "tenant": user.login.tenant,
            "role": user.role,
            "topics": user.topics,
            "sensors": user.sensors,
        },
    }
    response = answer(content)
    response.set_cookie(
        COOKIE,
        signed_in.refresh_token,
        max_age=signed_in.lasts,
        path="/",
        secure=True,
        httponly=True,
        samesite="strict",
    )
    return response


def _forget(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")


def _person(person: Principal) -> dict[str, object]:
    return {
        "name": person.subject,
        "tenant": person.tenant,
        "role": person.role,
        "topics": person.topics,
        "sensors": None if person.sensors is None else sorted(person.sensors),
        "expires_at": wire_time(person.expires_at * 1_000),
    }

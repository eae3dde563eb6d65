"""`/api/admin/users`: people's accounts, made, disabled, given a password, signed out."""

import time
from collections.abc import Callable
from typing import Annotated

import msgspec
from fastapi import FastAPI, Query, Request, Response

from app.domain.decoding import decode
from app.domain.people import check
from app.edge.admin import Tenant, admin_of
from app.edge.answer import answer
from app.edge.body import json_body
from app.edge.gateway import Gateway
from app.errors import InvalidInputError
from app.model import wire_time
from app.storage.records import users
from app.storage.records.audit import Act
from app.storage.records.users import User
from app.storage.sql import Sql
from auth.login import Login, fold
from auth.passwords import WeakPasswordError, check_strength, hash_password
from auth.principal import Role

Password = Annotated[str, msgspec.Meta(max_length=1_000)]


class New(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    name: Annotated[str, msgspec.Meta(max_length=200)]
    password: Password
    role: Role = Role.DASHBOARD
    topics: tuple[str, ...] | None = None
    sensors: tuple[str, ...] | None = None


class Change(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What is left out stays."""

    disabled: bool | None = None
    password: Password | None = None


_new = msgspec.json.Decoder(New)
_change = msgspec.json.Decoder(Change)


def routes(app: FastAPI, gateway: Gateway) -> None:
    @app.get("/api/admin/users")
    async def listed(
        request: Request,
        tenant: Tenant = None,
        after: Annotated[str, Query(max_length=64)] = "",
        limit: Annotated[int, Query(ge=1, le=1_000)] = 100,
    ) -> Response:
        owner = admin_of(gateway, request).acts_on(tenant)
        found = await gateway.store.consult(lambda sql: users.listed(sql, owner, after, limit + 1))
        told = [_written(user) for user in found[:limit]]
        return answer({"users": told, "after": told[-1]["name"] if found[limit:] else None})

    @app.post("/api/admin/users")
    async def add(request: Request, tenant: Tenant = None) -> Response:
        owner = admin_of(gateway, request).acts_on(tenant)
        new = decode(_new, await json_body(request, gateway.settings))
        who = Login(owner, _folded(new.name))
        made = check(
            User(
                login=who,
                role=new.role,
                topics=new.topics,
                sensors=new.sensors,
                password=await _hashed(gateway, new.password),
                created_ms=time.time_ns() // 1_000_000,
            )
        )

        def work(sql: Sql) -> list[Act]:
            users.add(sql, made)
            return [Act.USER_ADDED]

        return answer(_written(await _act(gateway, request, who, work)), 201)

    @app.patch("/api/admin/users/{name}")
    async def change(request: Request, name: str, tenant: Tenant = None) -> Response:
        who = Login(admin_of(gateway, request).acts_on(tenant), name)
        wanted = decode(_change, await json_body(request, gateway.settings))
        password = None if wanted.password is None else await _hashed(gateway, wanted.password)

        def work(sql: Sql) -> list[Act]:
            return _apply(sql, who, wanted.disabled, password)

        return answer(_written(await _act(gateway, request, who, work)))

    @app.post("/api/admin/users/{name}/sign-out")
    async def sign_out(request: Request, name: str, tenant: Tenant = None) -> Response:
        who = Login(admin_of(gateway, request).acts_on(tenant), name)

        def work(sql: Sql) -> list[Act]:
            users.sign_out(sql, who, int(time.time()))
            return [Act.USER_SIGNED_OUT]

        await _act(gateway, request, who, work)
        return Response(status_code=204)


async def _act(
    gateway: Gateway, request: Request, who: Login, work: Callable[[Sql], list[Act]]
) -> User:
    """Do it, write down what was done, and let it take effect before it is answered."""
    admin = admin_of(gateway, request)

    def noted(sql: Sql) -> User:
        for done in work(sql):
            admin.note(gateway.audit, sql, who.tenant, done, who.name)
        return users.get(sql, who)

    user = await gateway.store.transact(noted)
    await gateway.watch.look()
    return user


async def _hashed(gateway: Gateway, password: str) -> str:
    try:
        check_strength(password)
    except WeakPasswordError as error:
        raise InvalidInputError(str(error), field="password") from error
    return await gateway.accounts.hashing.run(hash_password, password)


def _apply(sql: Sql, who: Login, disabled: bool | None, password: str | None) -> list[Act]:
    """What was done, for the audit. Raise `NotFoundError`."""
    now, done = int(time.time()), []
    if password is not None:
        users.set_password(sql, who, password, now)
        done.append(Act.USER_PASSWORD)
    if disabled is not None:
        users.disable(sql, who, now, disabled=disabled)
        done.append(Act.USER_DISABLED if disabled else Act.USER_ENABLED)
    return done


def _folded(name: str) -> str:
    try:
        return fold(name)
    except ValueError as error:
        raise InvalidInputError(str(error), field="name") from error


def _written(user: User) -> dict[str, object]:
    return {
        "name": user.login.name,
        "tenant": user.login.tenant,
        "role": user.role,
        "topics": user.topics,
        "sensors": user.sensors,
        "created_at": wire_time(user.created_ms),
        "disabled": user.disabled,
    }

"""One tenant's people, devices and services on the real gateway, and what they must not hear."""

import asyncio
import json
import random
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection

from auth.principal import Role
from tests.conftest import ORIGIN, Running
from tests.isolation.model import Granted, Kept, Model, Seen, matches, seen

PATIENCE = 30.0
GRANTS = (
    Granted(),
    Granted(topics=("measurements:Maison", "alerts")),
    Granted(sensors=("s1",)),
)


@dataclass
class Loot:
    """What the tenants know of each other: names that somebody overheard."""

    canaries: dict[str, set[str]] = field(default_factory=dict)
    """By tenant: what stands in nobody else's answers."""
    things: dict[str, list[tuple[str, str]]] = field(default_factory=dict)
    """By kind: whose, and what."""

    def add(self, kind: str, tenant: str, thing: str) -> None:
        held = self.things.setdefault(kind, [])
        held.append((tenant, thing))
        del held[:-50]

    def anothers(self, kind: str, tenant: str, rng: random.Random) -> str | None:
        foreign = [thing for owner, thing in self.things.get(kind, ()) if owner != tenant]
        return rng.choice(foreign) if foreign else None


@dataclass
class Socket:
    """A dashboard's, and what it was and is still to be sent."""

    wire: ClientConnection
    granted: Granted
    token: str
    topics: frozenset[str]
    owed: list[Seen] = field(default_factory=list)
    had: set[str] = field(default_factory=set)
    """Positions of what it was sent or is owed."""
    again: set[str] = field(default_factory=set)
    """Of what it had, and may be sent again after it left a topic and came back to it."""

    def told(self, kept: Kept) -> None:
        if self.granted.shows(kept) and any(matches(topic, kept) for topic in self.topics):
            self.owe([kept])

    def owe(self, each: Iterable[Kept]) -> None:
        for kept in each:
            if kept.position in self.had:
                self.again.add(kept.position)
            else:
                self.owed.append(kept.seen())
                self.had.add(kept.position)


class Tenant:
    def __init__(
        self, gateway: Running, client: httpx2.AsyncClient, loot: Loot, number: int
    ) -> None:
        self.number = number
        self.name = name = f"tenant-{number}"
        self.rng = random.Random(name)  # noqa: S311  (chance has to be the same each time)
        self.gateway = gateway
        self.loot = loot
        self.model = Model()
        self.sockets: list[Socket] = []
        self.tokens: dict[tuple[str, Granted], str] = {}
        self._client = client
        loot.canaries[name] = {name}

    def token(self, role: str, granted: Granted = GRANTS[0]) -> str:
        """The one that this role goes by until it is revoked."""
        found = self.tokens.get((role, granted))
        if found is None:
            found = self.tokens[role, granted] = self.gateway.issuer.issue(
                subject=f"a-{role}",
                tenant=self.name,
                role=Role(role),
                ttl=3_600,
                now=time.time(),
                **granted.claims(),
            )
            self.loot.add("token", self.name, found)
            self.loot.add("token id", self.name, self.gateway.verified(found).token_id)
        return found

    async def ask(
        self, method: str, path: str, role: str, granted: Granted = GRANTS[0], **sent: Any
    ) -> httpx2.Response:
        headers = {"Authorization": f"Bearer {self.token(role, granted)}", "Origin": ORIGIN}
        answer = await self._client.request(method, path, headers=headers, **sent)
        self.clean(f"{answer.headers} {answer.text}")
        return answer

    async def ask_by(self, token: str) -> httpx2.Response:
        """Something that says no more than whether the token is good: 401, or 422."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = await self._client.post("/api/ingest", headers=headers, json={})
        self.clean(answer.text)
        return answer

    async def claim(self, code: str) -> httpx2.Response:
        answer = await self._client.post("/auth/claim", json={"code": code})
        self.clean(answer.text)
        return answer

    def clean(self, text: str) -> None:
        """Whatever was asked for: nothing of another tenant's stands in an answer."""
        for tenant, canaries in self.loot.canaries.items():
            if tenant != self.name:
                assert not [canary for canary in canaries if canary in text], text

    def publish(self, kept: Kept) -> None:
        """It was answered that this is kept."""
        self.loot.canaries[self.name].add(kept.position.partition("-")[0])
        self.loot.add("position", self.name, kept.position)
        self.model.log.append(kept)
        for socket in self.sockets:
            socket.told(kept)

    async def hear(self, socket: Socket) -> dict[str, Any]:
        """The next message that is no repeat."""
        while True:
            text = await asyncio.wait_for(socket.wire.recv(), PATIENCE)
            assert isinstance(text, str)
            self.clean(text)
            message: dict[str, Any] = json.loads(text)
            if message.get("position") not in socket.again or message["type"] == "subscribed":
                return message

    async def say(self, socket: Socket, **command: Any) -> dict[str, Any]:
        """The answer; what was owed has been heard before."""
        await self.listen(socket)
        await socket.wire.send(json.dumps(command))
        return await self.hear(socket)

    async def listen(self, socket: Socket) -> None:
        """It has been sent what it is owed, in order, and nothing more."""
        owed, socket.owed = socket.owed, []
        heard = [seen(await self.hear(socket)) for _ in owed]
        assert heard == owed
        await socket.wire.send('{"type": "ping", "id": "all"}')
        assert await self.hear(socket) == {"type": "pong", "id": "all"}

    async def ends(self, sockets: list[Socket], code: int) -> None:
        """The gateway closes them, and no other."""
        for socket in sockets:
            self.sockets.remove(socket)
            await asyncio.wait_for(socket.wire.wait_closed(), PATIENCE)
            assert socket.wire.close_code == code
            self.clean(socket.wire.close_reason or "")

"""A real gateway in real uvicorn on a free port, and tokens for it."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import hypothesis
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from app.brokers import cluster
from app.brokers import connection as redis_connection
from app.edge.key_ring import key_ring
from app.server import serve
from app.settings import Settings
from app.stack.programs import find_postgres, find_redis
from app.storage.postgres import connection as postgres_connection
from app.storage.postgres import store as postgres_store
from app.storage.postgres import transactions as postgres_transactions
from auth.keys import create_key
from auth.principal import Principal, Role
from auth.tokens import TokenIssuer, TokenVerifier
from tests.postgres_server import PostgresServer
from tests.redis_server import RedisServer, valkey

# Its clock would call an example slow that waited for a busy machine.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")

ORIGIN = "https://localhost:8443"
PATIENCE = 30.0
"""Seconds that a client waits for an answer, on a machine that others use as well."""


@dataclass
class Running:
    """A gateway that answers on `url`; `stop` lets it drain and end."""

    settings: Settings
    port: int
    issuer: TokenIssuer
    stop: asyncio.Event

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(
        self,
        role: str,
        *,
        tenant: str = "acme",
        subject: str = "someone",
        topics: Iterable[str] | None = None,
        sensors: Iterable[str] | None = None,
        ttl: int = 600,
    ) -> str:
        return self.issuer.issue(
            subject=subject,
            tenant=tenant,
            role=Role(role),
            ttl=ttl,
            now=time.time(),
            topics=topics,
            sensors=sensors,
        )

    def verified(self, token: str) -> Principal:
        ring = key_ring(self.settings)
        return TokenVerifier(ring, self.settings.token_issuer).verify(token, time.time())

    def bearer(self, role: str, **claims: Any) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(role, **claims)}"}

    def client(self, role: str | None = None, **claims: Any) -> httpx2.AsyncClient:
        headers = {} if role is None else self.bearer(role, **claims)
        return httpx2.AsyncClient(
            base_url=self.url,
            headers=headers,
            verify=False,  # plain HTTP: a TLS context would cost 80 ms a client
            timeout=PATIENCE,
        )

    def dashboard(self, query: str = "", **claims: Any) -> connect:
        """A socket as a browser opens it: the token rides in the subprotocol."""
        compression = claims.pop("compression", "deflate")
        token = claims.pop("token", None) or self.token("dashboard", **claims)
        return connect(
            f"ws://127.0.0.1:{self.port}/ws{query}",
            subprotocols=[Subprotocol("iaqverse.v1"), Subprotocol(f"bearer.{token}")],
            origin=ORIGIN,  # type: ignore[arg-type]  # a NewType of str
            ping_interval=None,
            compression=compression,
        )

    def device(self, path: str = "/ws/ingest", **claims: Any) -> connect:
        """A device's socket: a program sets the header, and has no origin."""
        token = claims.pop("token", None) or self.token("device", **claims)
        return connect(
            f"ws://127.0.0.1:{self.port}{path}",
            additional_headers={"Authorization": f"Bearer {token}"},
            ping_interval=None,
            compression=None,
        )


@pytest.fixture(scope="session")
def postgres_programs() -> Path:
    """The folder of the server's programs."""
    programs = find_postgres()
    if programs is None:
        pytest.skip("PostgreSQL is not installed")
    return programs


@pytest.fixture(scope="session")
def postgres(postgres_programs: Path) -> Iterator[PostgresServer]:
    """One server for all; each test gets a place of its own in it."""
    with PostgresServer(postgres_programs) as server:
        yield server


@pytest.fixture(scope="module")
def own_postgres(postgres_programs: Path) -> Iterator[PostgresServer]:
    """To be hurt: after a crash a server syncs every file that tests ever left in it."""
    with PostgresServer(postgres_programs) as server:
        yield server


@pytest.fixture(autouse=True)
def patient_with_postgres(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No database is given up on because the machine is busy, but one that a test may trouble."""
    if "troubled" not in request.fixturenames:
        monkeypatch.setattr(postgres_connection, "CONNECTING", 20)
        monkeypatch.setattr(postgres_store, "QUESTION", 20.0)
        monkeypatch.setattr(postgres_transactions, "STATEMENT", 20.0)


@pytest.fixture
def troubled(own_postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A server that a test may stop and freeze, whole again after it."""
    yield own_postgres
    own_postgres.thaw()
    if not own_postgres.runs():
        own_postgres.start()
    own_postgres.wait()


@pytest.fixture(scope="session")
def redis_7() -> Iterator[RedisServer]:
    """One server for all: whoever stops, freezes or fills it makes it whole again."""
    program = find_redis()
    if program is None:
        pytest.skip("Redis is not installed")
    with RedisServer(program) as server:
        yield server


@pytest.fixture(scope="session")
def valkey_9() -> Iterator[RedisServer]:
    with RedisServer(valkey()) as server:
        yield server


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Redis, and no gateway beside it, is given up on because the machine is busy."""
    monkeypatch.setattr(redis_connection, "ANSWER", 30.0)
    monkeypatch.setattr(redis_connection, "SILENCE", 60.0)
    monkeypatch.setattr(cluster, "PATIENCE", 10.0)


@pytest.fixture(params=["redis_7", "valkey_9"])
def redis(request: pytest.FixtureRequest) -> Iterator[RedisServer]:
    """Every test on it runs with Redis and with Valkey, empty at first."""
    server: RedisServer = request.getfixturevalue(request.param)
    server.empty()
    yield server
    server.mend()


Start = Callable[..., AbstractAsyncContextManager[Running]]


def url_of(request: pytest.FixtureRequest) -> str:
    """The DATABASE_URL for a fixture's parameter, `sqlite` or `postgres`."""
    if request.param == "sqlite":
        return ""
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.schema()


on_every_store = pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def database_url(request: pytest.FixtureRequest) -> str:
    """The embedded store's, but for a test that is marked to run `on_every_store`."""
    return url_of(request) if hasattr(request, "param") else ""


@pytest.fixture
def start(tmp_path: Path, database_url: str) -> Start:
    """A gateway with other settings.

    As in `async with start(idle_timeout=2) as gateway`.
    """

    @asynccontextmanager
    async def started(**overrides: Any) -> AsyncIterator[Running]:
        usual = {"state_dir": tmp_path / "var", "log_level": "WARNING"}
        values = {**usual, "database_url": database_url, **overrides}
        settings = Settings(_env_file=None, **values)
        if not settings.keys_dir.exists():
            create_key(settings.keys_dir)
        issuer = TokenIssuer(key_ring(settings), settings.token_issuer)
        listener = socket.create_server(("127.0.0.1", 0))
        listener.setblocking(False)
        running = Running(settings, listener.getsockname()[1], issuer, asyncio.Event())
        serving = asyncio.create_task(serve(settings, listener, running.stop))
        try:
            await _answers(running, serving)
            yield running
        finally:
            running.stop.set()
            await serving

    return started


@pytest.fixture
async def gateway(start: Start) -> AsyncIterator[Running]:
    """A gateway with the default settings."""
    async with start() as running:
        yield running


async def _answers(running: Running, serving: asyncio.Task[None]) -> None:
    async with running.client() as client:
        while not serving.done():
            try:
                await client.get("/health/live")
            except httpx2.TransportError:
                await asyncio.sleep(0.01)
            else:
                return
    await serving

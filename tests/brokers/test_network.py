"""A Redis on another machine: TCP, a user with the rights of `docs/deployment.md`, and TLS."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.brokers import connection
from app.brokers.cluster import Cluster
from app.brokers.connection import RedisLink
from app.brokers.reasons import reason
from app.brokers.redis import RedisBroker
from app.brokers.tickets import RedisTickets
from app.edge.rate_storage import BoundedStorage
from app.edge.shared_rates import SharedRates
from app.errors import UnavailableError
from app.stack.certificates import ensure
from app.stack.programs import ROOT, find_redis
from tests.brokers.conftest import Reader, publications, running, until
from tests.brokers.test_tickets import principal
from tests.ports import free_port
from tests.redis_server import RedisServer, valkey
from tests.stack.client_certificates import Authority

PASSWORD = "hunter2-canary"
pytestmark = pytest.mark.usefixtures("patient")


def documented_user() -> list[str]:
    """As a Redis takes it on its command line."""
    guide = (ROOT / "docs" / "deployment.md").read_text()
    (line,) = (line for line in guide.splitlines() if line.startswith("user gateway "))
    return ["--user", *line.replace("PASSWORD", PASSWORD).split()[1:]]


@dataclass(frozen=True, slots=True)
class Secured:
    server: RedisServer
    port: int
    authority: Path

    def url(self, *, host: str = "localhost", password: str = PASSWORD) -> str:
        return f"rediss://gateway:{password}@{host}:{self.port}/0?ssl_ca_certs={self.authority}"


@pytest.fixture(scope="module", params=["Redis", "Valkey"])
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Of a server on TCP where a gateway may do what it needs, and nothing else."""
    program, port = find_redis() if request.param == "Redis" else valkey(), free_port()
    if program is None:
        pytest.skip("Redis is not installed")
    with RedisServer(program, "--port", str(port), *documented_user()):
        yield f"redis://gateway:{PASSWORD}@127.0.0.1:{port}/0"


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with with_tls(tmp_path_factory.mktemp("certs")) as server:
        yield server


@contextmanager
def with_tls(folder: Path, clients: Authority | None = None) -> Iterator[Secured]:
    """A server with a certificate for `localhost`, that wants one of `clients` where they are
    named. The Valkey of the tests is built without TLS.
    """
    program, port = find_redis(), free_port()
    if program is None:
        pytest.skip("Redis is not installed")
    made = ensure(folder, ["localhost"], time.time())
    assert made.authority is not None
    trusted = clients.path if clients else made.authority
    files = {"cert": made.chain, "key": made.key, "ca-cert": trusted}
    words = [str(each) for name, path in files.items() for each in (f"--tls-{name}-file", path)]
    wanted = "yes" if clients else "no"
    tls = ("--tls-port", str(port), "--tls-auth-clients", wanted, *words)
    with RedisServer(program, *tls, *documented_user()) as server:
        yield Secured(server, port, made.authority)


async def test_the_documented_user_may_do_all_that_gateways_do(url: str) -> None:
    await everything_works(url)


async def test_everything_goes_through_tls_where_it_is_asked_for(secured: Secured) -> None:
    await everything_works(secured.url())


async def test_a_server_that_wants_a_certificate_is_shown_the_one_that_is_named(
    tmp_path: Path,
) -> None:
    clients = Authority(tmp_path, "gateways")
    shown = clients.sign("gateway")
    with with_tls(tmp_path / "certs", clients) as server:
        assert await refusal(server.url()) in (
            "it closes the connection: with TLS it may want a certificate",
            "TLS fails: TLSV13_ALERT_CERTIFICATE_REQUIRED",
        )
        await everything_works(f"{server.url()}&ssl_certfile={shown}&ssl_keyfile={shown}")


async def test_the_documented_user_may_do_nothing_else(url: str) -> None:
    link = RedisLink(url)
    for question in (
        lambda redis: redis.get("another's"),
        lambda redis: redis.flushall(),
        lambda redis: redis.config_get("*"),
        lambda redis: redis.publish("another's", b""),
    ):
        link._found.set()
        with pytest.raises(UnavailableError) as refused:
            await link.ask(question)
        assert reason(refused.value) == "the user may not do all that a gateway does"
    await link.close()


async def test_a_wrong_password_is_refused_and_named(url: str) -> None:
    assert await refusal(url.replace(PASSWORD, "wrong")) == (
        "it refuses the user or the password"
    )  # fmt: skip


async def test_one_that_freezes_is_found_again(
    secured: Secured, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By TLS it would have to say goodbye, for a connection to be closed."""
    monkeypatch.setattr(connection, "ANSWER", 2.0)
    files = open_files()
    link = RedisLink(secured.url())
    async with running(link.run) as (work,):
        await asyncio.gather(*(link.check() for _ in range(3)))
        secured.server.freeze()
        try:
            with pytest.raises(UnavailableError):
                await link.check()
            await asyncio.sleep(3)  # longer than a probe waits for its goodbye
            assert not work.done()
        finally:
            secured.server.thaw()
        await until(lambda: link.up)
        secured.server.freeze()
        await link.close()
        secured.server.thaw()
    await until(lambda: open_files() <= files)


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_another_machine_with_a_good_certificate_is_not_believed(secured: Secured) -> None:
    said = await refusal(secured.url(host="127.0.0.1"))
    assert said.startswith("its certificate is refused: IP address mismatch")


async def test_a_certificate_of_an_authority_that_is_not_trusted_is_refused(
    secured: Secured, tmp_path: Path
) -> None:
    other = ensure(tmp_path, ["localhost"], time.time()).authority
    assert other is not None
    said = await refusal(replace(secured, authority=other).url())
    assert said.startswith("its certificate is refused: ")


async def everything_works(url: str) -> None:
    """Two gateways tell each other everything there is to tell."""
    links = RedisLink(url), RedisLink(url)
    brokers, clusters = [*map(RedisBroker, links)], [*map(Cluster, links)]
    here, there = brokers
    work = [link.run for link in links] + [broker.run for broker in brokers]
    async with running(*work, *(cluster.run for cluster in clusters)):
        await until(lambda: all(each.up for each in brokers))
        await until(lambda: all(each.joined.is_set() for each in clusters))
        reader = Reader()
        await there.follow("acme", reader)
        here.publish(publications(3))
        assert await reader.has(3) == publications(3)

        clusters[1].respond("name", same)
        assert await clusters[0].request("name", b"?") == [b"?"]

        now, issuing = time.time(), RedisTickets(links[0], capacity=1)
        whose = principal()
        ticket = await issuing.issue(whose, None, now)
        assert await RedisTickets(links[1], capacity=1).redeem(ticket, None, now) == whose

        storages = BoundedStorage(), BoundedStorage()
        for storage, link in zip(storages, links, strict=True):
            rates = SharedRates(storage, link)
            storage.incr("cleared", 60)
            storage.clear("cleared")
            storage.incr("key", 60)
            await rates.exchange()
        assert storages[1].get("key") == 2
    assert [link.losses for link in links] == [0, 0]
    for link in links:
        await link.close()


async def same(body: bytes) -> bytes:
    return body


async def refusal(url: str) -> str:
    """Why; and nowhere in it what was given."""
    link = RedisLink(url)
    with pytest.raises(UnavailableError) as refused:
        await link.check()
    await link.close()
    assert PASSWORD not in str(refused.value)
    return reason(refused.value)

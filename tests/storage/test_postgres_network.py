"""A PostgreSQL server on another machine: TCP, and TLS that proves which machine it is."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from app.errors import UnavailableError
from app.stack.certificates import ensure
from app.stack.programs import find_postgres_client
from app.storage.postgres.backup import back_up, restore
from app.storage.postgres.schema import prepare
from app.storage.postgres.store import PostgresStore
from tests.ports import free_port
from tests.postgres_server import PostgresServer
from tests.storage.conftest import EVERYTHING, draft


@dataclass(frozen=True, slots=True)
class Secured:
    server: PostgresServer
    authority: Path

    def url(self, host: str = "localhost", authority: Path | None = None) -> str:
        trusted = authority or self.authority
        return f"{self.server.by_tcp(host)}&sslmode=verify-full&sslrootcert={trusted}"


@pytest.fixture(scope="module")
def secured(postgres_programs: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    """A server on TCP with a certificate for `localhost`."""
    made = ensure(tmp_path_factory.mktemp("certs"), ["localhost"], time.time())
    assert made.authority is not None
    with PostgresServer(postgres_programs, free_port()) as server:
        server.stop()
        server.secure(made.chain, made.key)
        server.start()
        server.wait()
        yield Secured(server, made.authority)


async def test_everything_goes_through_tls_where_it_is_asked_for(secured: Secured) -> None:
    store = PostgresStore(secured.url(), lambda _: None, capacity=10)
    await store.append([draft()])
    assert len(await store.after("acme", 0, EVERYTHING, 10)) == 1
    with psycopg.connect(secured.server.url) as db:
        found = db.execute(
            "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)"
            " WHERE application_name = 'iaqverse-gateway'"
        ).fetchall()
    await store.close()
    assert found == [(True,), (True,)]  # who writes, who read


def test_copies_go_the_same_way(secured: Secured, tmp_path: Path) -> None:
    copy, programs = tmp_path / "copy.dump", find_postgres_client()
    prepare(secured.url())
    back_up(secured.url(), programs, copy)
    assert restore(copy, secured.url(), programs) is not None


def test_another_machine_with_a_good_certificate_is_not_believed(secured: Secured) -> None:
    with pytest.raises(UnavailableError, match=r'does not match host name "db\.example"'):
        prepare(secured.url("db.example"))


def test_a_certificate_of_an_authority_that_is_not_trusted_is_refused(
    secured: Secured, tmp_path: Path
) -> None:
    other = ensure(tmp_path, ["localhost"], time.time()).authority
    with pytest.raises(UnavailableError, match="certificate verify failed"):
        prepare(secured.url(authority=other))

"""Commands with DATABASE_URL: they work on the database, and say why where they cannot."""

import psycopg
import pytest

from tests.cli.command import Shell
from tests.conftest import Start
from tests.postgres_server import USER, PostgresServer

SECRET = "hunter2-canary"
NOWHERE = f"postgresql://gateway:{SECRET}@127.0.0.1:1/iaq"


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.schema()


async def test_records_are_kept_in_the_database_alone(shell: Shell, url: str) -> None:
    (await shell.run("tenant", "add", "acme", DATABASE_URL=url)).result()
    listed = (await shell.run("tenant", "list", DATABASE_URL=url)).result()
    assert listed.split("\t")[0] == "acme"
    assert not (shell.state / "gateway.db").exists()


async def test_a_refused_command_changes_nothing(shell: Shell, url: str) -> None:
    for _ in range(2):
        ended = await shell.run("tenant", "disable", "nobody", DATABASE_URL=url)
        assert ended.reason() == "there is no tenant of that name\n"


async def test_a_database_that_does_not_serve_stops_every_command_and_is_told_why(
    shell: Shell,
) -> None:
    for ended in await shell.run_all(
        "serve --tcp 127.0.0.1:0", "tenant list", DATABASE_URL=NOWHERE
    ):
        assert "DATABASE_URL does not serve" in ended.reason()
        assert SECRET not in ended.err


async def test_a_second_gateway_on_the_database_is_refused(
    shell: Shell, start: Start, url: str
) -> None:
    async with start(database_url=url):
        second = await shell.run(
            "serve", "--tcp", "127.0.0.1:0", DATABASE_URL=url, STATE_DIR=str(shell.state)
        )
    assert second.reason() == (
        "another gateway runs on DATABASE_URL: each of several needs REDIS_URL\n"
    )


async def test_check_config_asks_whether_the_user_may_keep_anything_there(
    shell: Shell, postgres: PostgresServer, url: str
) -> None:
    good = await shell.run("check-config", DATABASE_URL=url)
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("CREATE ROLE reader LOGIN")
    reader = url.replace(f"{USER}@", "reader@")
    ended = await shell.run("check-config", DATABASE_URL=reader)
    assert "DATABASE_URL" not in good.err
    assert "warning: DATABASE_URL: the user may not make tables there\n" in ended.err

"""`serve`, `certs`, `demo` and the help of all commands."""

import asyncio
import signal
import sqlite3
from pathlib import Path

from app.cli.exclusive import exclusive
from tests.cli.command import REFUSED, USAGE, Shell
from tests.edge.separate import separate


async def test_serve_says_what_it_cannot_listen_on(shell: Shell) -> None:
    shapeless = await shell.run("serve", "--tcp", "nonsense")
    beyond = await shell.run("serve", "--tcp", "127.0.0.1:99999")
    taken = await shell.run("serve", "--tcp", "192.0.2.1:80")
    too_long = await shell.run("serve", GATEWAY_SOCKET=str(shell.folder / ("x" * 120)))
    for ended in (shapeless, beyond):
        assert "HOST:PORT" in ended.reason(USAGE)
    for ended in (taken, too_long):
        assert ended.reason().startswith("cannot listen there: ")


async def test_a_single_gateway_drains_when_it_is_told_to_reload(tmp_path: Path) -> None:
    async with separate(tmp_path) as gateway:
        gateway.process.send_signal(signal.SIGHUP)
        assert await asyncio.wait_for(gateway.process.wait(), 30) == 0


async def test_one_gateway_runs_on_a_state_folder(shell: Shell) -> None:
    with exclusive(shell.state):
        second = await shell.run("serve", "--tcp", "127.0.0.1:0")
    assert second.reason().startswith("another gateway runs on STATE_DIR")


async def test_a_store_that_is_none_or_newer_is_refused_with_a_sentence(shell: Shell) -> None:
    database = shell.state / "gateway.db"
    database.write_text("something else altogether, and long enough to be looked at")
    assert (await shell.run("tenant", "list")).reason().startswith("STATE_DIR cannot be read")

    database.unlink()
    with sqlite3.connect(database) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    newer, serve = await shell.run_all("tenant list", "serve --tcp 127.0.0.1:0")
    assert "schema 999 is newer" in newer.reason()
    assert (serve.code, "schema 999 is newer" in serve.err) == (REFUSED, True)


async def test_certs_prints_the_authority_that_is_to_be_trusted(shell: Shell) -> None:
    made = await shell.run("certs")
    authority = shell.folder / made.result()
    assert authority.read_text().startswith("-----BEGIN CERTIFICATE-----")
    assert made.err == "certificate written\n"


async def test_demo_refuses_what_it_cannot_replay(shell: Shell) -> None:
    absent, zone = await shell.run_all(
        "demo --csv absent.csv", "demo --csv absent.csv --zone Mars/Olympus"
    )
    assert len(absent.reason().splitlines()) == 1
    assert "no such time zone" in zone.reason()


async def test_every_command_is_explained(shell: Shell) -> None:
    (overview,) = await shell.run_all("--help")
    commands = ("serve", "token", "tenant", "device", "keys", "certs", "demo", "check-config")
    assert all(f" {command} " in overview.result() for command in commands)
    unknown, none = await shell.run_all("dance", "")
    assert (unknown.code, none.code) == (USAGE, USAGE)

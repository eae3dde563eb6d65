"""`connection`: who is connected to the gateway that runs on the unix socket, and out with one."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import unix_connect

from app.server import serve, unix_listener
from app.settings import Settings
from tests.cli.command import Shell
from tests.edge.wire import end_of, heard


@pytest.fixture
async def settings(shell: Shell) -> AsyncIterator[Settings]:
    """Of a gateway that runs."""
    settings = Settings(_env_file=None, state_dir=shell.state, log_level="WARNING")
    path, stop = settings.socket_path, asyncio.Event()
    listener = unix_listener(path.with_stem(f"{path.stem}-2"))  # as the second of several
    unix_listener(path.with_stem(f"{path.stem}-1")).close()  # the first is gone
    serving = asyncio.create_task(serve(settings, listener, stop))
    yield settings
    stop.set()
    await serving


async def ids(shell: Shell) -> list[str]:
    ended = await shell.run("connection", "list", "--tenant", "acme")
    return [line.split("\t")[0] for line in ended.result().splitlines()]


async def test_one_is_listed_kicked_and_told_of(shell: Shell, settings: Settings) -> None:
    token = (await shell.run("token", "--role", "dashboard", "--tenant", "acme")).result()
    headers = {"Authorization": f"Bearer {token}"}
    path = settings.socket_path
    at = str(path.with_stem(f"{path.stem}-2"))
    async with unix_connect(at, "ws://gateway/ws", additional_headers=headers) as socket:
        await heard(socket)
        line = (await shell.run("connection", "list")).result()
        name, tenant, subject, role, *_, topics = line.split("\t")
        assert (tenant, subject, role, topics) == ("acme", "dashboard-cli", "dashboard", "all")

        kicked = await shell.run("connection", "kick", name)
        assert (kicked.result(), kicked.err) == ("", f"connection {name} closed\n")
        assert (await end_of(socket))[0] == 4410
    assert await ids(shell) == []
    _, code, reason, closed, *_ = (await shell.run("connection", "closed")).result().split("\t")
    assert (code, reason, closed) == ("4410", "an operator closed this connection", name)
    again = await shell.run("connection", "kick", name)
    assert again.reason() == "there is no connection of that id\n"


async def test_without_a_gateway_it_is_refused(shell: Shell) -> None:
    assert "no gateway answers" in (await shell.run("connection", "list")).reason()

"""What an operator types takes effect on the gateway that runs, within two seconds."""

from collections.abc import Awaitable, Callable

import httpx2

from tests.cli.command import Shell
from tests.conftest import Running
from tests.edge.wire import end_of, heard, measurement, until

NOTICED = 10.0
"""Seconds from the end of a command to its effect."""


def answers(client: httpx2.AsyncClient, token: str, status: int) -> Callable[[], Awaitable[bool]]:
    """Whether ingest answers this token so."""

    async def asked() -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.post("/api/ingest", json=measurement(), headers=headers)
        return answer.status_code == status

    return asked


async def test_keys_tenants_and_devices(shell: Shell, gateway: Running) -> None:
    assert gateway.settings.state_dir == shell.state
    added, before, device = await shell.run_all(
        "tenant add acme",
        "token --role device --tenant acme",
        "device add hub1 --tenant acme --sensors bureau1",
    )
    assert added.result() == ""
    old, hub = before.result(), device.result()
    async with gateway.client() as client, gateway.dashboard() as dashboard:
        await heard(dashboard)
        for token in (old, hub):
            assert await answers(client, token, 200)()

        (await shell.run("keys", "rotate")).result()
        new = (await shell.run("token", "--role", "device", "--tenant", "acme")).result()
        await until(answers(client, new, 200), within=NOTICED)
        assert await answers(client, old, 200)()

        (await shell.run("device", "revoke", "hub1", "--tenant", "acme")).result()
        await until(answers(client, hub, 401), within=NOTICED)
        assert await answers(client, old, 200)()

        (await shell.run("tenant", "disable", "acme")).result()
        code, _ = await end_of(dashboard, within=NOTICED)
        assert code == 4403
        assert await answers(client, old, 401)()

        (await shell.run("tenant", "enable", "acme")).result()
        await until(answers(client, old, 200), within=NOTICED)

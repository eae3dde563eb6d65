"""`backup` and `restore`, beside a gateway under load that is killed afterwards."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from httpx2 import AsyncClient

from tests.cli.command import Shell
from tests.conftest import PATIENCE, url_of
from tests.edge.separate import Separate, separate
from tests.edge.test_recovery import receive, subscribe


class Load:
    """A device that sends until it is told to stop; the positions that were acknowledged."""

    def __init__(self, device: AsyncClient) -> None:
        self._device = device
        self._stop = asyncio.Event()
        self.acknowledged: dict[int, str] = {}

    async def run(self) -> None:
        while not self._stop.is_set():
            await self.send(20)

    async def send(self, count: int) -> None:
        first = len(self.acknowledged)
        items = [
            {"sensor_id": "s", "enseigne": "Maison", "salle": "Bureau", "values": {"CO2": number}}
            for number in range(first, first + count)
        ]
        results = (await self._device.post("/api/ingest", json=items)).json()["results"]
        for item, result in zip(items, results, strict=True):
            self.acknowledged[item["values"]["CO2"]] = result["position"]  # type: ignore[index]  # as made above

    async def reaches(self, count: int, sending: asyncio.Task[None]) -> None:
        """So many acknowledged, or the end of a load that failed."""
        async with asyncio.timeout(PATIENCE):
            while len(self.acknowledged) < count and not sending.done():  # noqa: ASYNC110  (it goes on by itself)
                await asyncio.sleep(0.01)

    def stop(self) -> None:
        self._stop.set()


async def everything(gateway: Separate) -> list[dict[str, Any]]:
    """All messages, from before the first on."""
    async with gateway.client("dashboard") as dashboard:
        first = (await dashboard.get("/api/messages", params={"limit": 1})).json()["position"]
        after, found, more = f"{first.partition('-')[0]}-0", [], True
        while more:
            page = (
                await dashboard.get("/api/messages", params={"after": after, "limit": 1_000})
            ).json()
            assert page["recovered"] is True
            found += page["messages"]
            after, more = page["position"], page["more"]
    return found


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    return url_of(request)


async def test_what_was_acknowledged_before_the_backup_is_there_once(
    shell: Shell, tmp_path: Path, database_url: str
) -> None:
    file, settings = str(tmp_path / "copy.db"), {"DATABASE_URL": database_url}
    async with separate(tmp_path, **settings) as gateway, gateway.client("device") as device:
        load = Load(device)
        sending = asyncio.create_task(load.run())
        await load.reaches(1_000, sending)
        before = len(load.acknowledged)
        (await shell.run("backup", file, **settings)).result()
        during = len(load.acknowledged)
        assert during > before  # ingest went on meanwhile
        await load.reaches(during + 200, sending)
        refused = await shell.run("restore", file, **settings)
        assert "another gateway runs" in refused.reason()
        load.stop()
        await sending
        gateway.process.kill()
        await gateway.process.wait()

    former = (await shell.run("restore", file, **settings)).result()
    assert "before" in former

    async with separate(tmp_path, **settings) as gateway:
        found = [message["co2"] for message in await everything(gateway)]
        assert found == list(range(len(found)))  # once, in order, without a hole
        assert before <= len(found) <= during + 20

        async with gateway.client("device") as device, gateway.client("dashboard") as dashboard:
            await Load(device).send(300)  # positions count on past those that clients still hold
            for number in (0, before - 1, len(load.acknowledged) - 1):
                held = load.acknowledged[number]
                page = (await dashboard.get("/api/messages", params={"after": held})).json()
                assert page["recovered"] is False
                async with gateway.dashboard("?topics=") as socket:
                    await receive(socket)
                    assert (await subscribe(socket, held))["recovered"] is False


async def test_what_cannot_be_done_is_said(shell: Shell) -> None:
    nothing, missing = await shell.run_all("backup copy.db", "restore copy.db")
    assert nothing.reason() == "there is no database yet\n"
    assert missing.reason() == "there is no such file\n"
    (await shell.run("tenant", "add", "acme")).result()
    own, no_folder = await shell.run_all("backup var/gateway.db", "backup nowhere/copy.db")
    assert "itself" in own.reason()
    assert "nowhere" in no_folder.reason()

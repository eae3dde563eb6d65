"""Alerts on their way to outlets: each until it is taken, and none in another's way."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.domain.notifier import LEASE_MS, OF_ONE, PAUSES_MS, Notifier
from app.iaq.rules import Severity
from app.outlets.base import Outlet, UndeliveredError, Webhook
from app.storage.base import Store
from app.storage.records import deliveries, documents
from app.storage.records.documents import Document, Kind
from app.storage.sqlite.store import SqliteStore
from tests.domain.conftest import until
from tests.storage.conftest import alert

NOW_MS = 1_763_546_700_000
HOOK = {"kind": "webhook", "url": "https://a.example/hook", "secret": "a secret of sixteen"}
ALERT = alert(raised_ms=NOW_MS, changed_ms=NOW_MS)


@dataclass
class Post:
    """What outlets take; a real store behind it, and a clock that moves when told to."""

    store: Store
    now_ms: int = NOW_MS
    taken: list[tuple[str, str, dict[str, object]]] = field(default_factory=list)
    fault: Exception | None = None

    def __post_init__(self) -> None:
        self.notifiers = [
            Notifier(self.store, {Webhook: self.send}, lambda: self.now_ms / 1_000)
            for _ in range(2)
        ]
        self.notifier = self.notifiers[0]

    async def send(self, outlet: Outlet, name: str, alert: dict[str, object]) -> None:
        assert isinstance(outlet, Webhook)
        self.taken.append((outlet.url, name, alert))
        if self.fault:
            raise self.fault

    async def set_outlets(self, outlets: Iterable[Any], tenant: str = "acme") -> None:
        body = json.dumps({"outlets": list(outlets)})
        document = Document(tenant, Kind.OUTLETS, "", 0, body, 1, "marie")
        await self.store.transact(partial(documents.put, document=document))

    async def announce(self, **changes: Any) -> None:
        alert = msgspec.structs.replace(ALERT, **changes)
        await self.store.transact(lambda sql: self.notifier.announce(sql, alert))

    async def deliver(self, after_ms: int = 0) -> int:
        self.now_ms += after_ms
        return await self.notifier.deliver()


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    store = SqliteStore(tmp_path / "gateway.db", lambda _: None, capacity=100)
    yield Post(store)
    await store.close()


async def test_an_alert_goes_to_each_outlet_that_wants_it_once(post: Post) -> None:
    urgent = HOOK | {"url": "https://b.example/", "least": "critical"}
    await post.set_outlets([HOOK, urgent])
    await post.announce()
    await post.announce(severity=Severity.INFO)
    await post.announce(tenant="other")
    assert await post.deliver() == 1
    ((url, _, alert),) = post.taken
    assert url == HOOK["url"]
    assert (alert["alert_id"], alert["state"]) == ("a1", "raised")
    assert alert["changed_at"] == "2025-11-19T10:05:00Z"
    assert await post.deliver() == 0
    assert post.notifier.outcomes == {"delivered": 1}


@pytest.mark.parametrize("fault", [UndeliveredError("no"), ValueError("secret"), OSError()])
async def test_what_fails_in_any_way_is_tried_again_and_at_last_given_up(
    post: Post, fault: Exception
) -> None:
    await post.set_outlets([HOOK])
    await post.announce()
    post.fault = fault
    assert await post.deliver() == 1
    for pause_ms in PAUSES_MS:
        assert await post.deliver(pause_ms - 1) == 0
        assert await post.deliver(1) == 1
    assert await post.deliver(10 * PAUSES_MS[-1]) == 0
    assert len({name for _, name, _ in post.taken}) == 1
    assert post.notifier.outcomes == {"failed": len(PAUSES_MS), "given_up": 1}


async def test_of_several_gateways_one_sends_and_another_after_one_that_ended(post: Post) -> None:
    await post.set_outlets([HOOK])
    await post.announce()
    await asyncio.gather(*(notifier.deliver() for notifier in post.notifiers))
    assert len(post.taken) == 1
    await post.announce()
    lost = await post.store.transact(
        lambda sql: deliveries.take(sql, post.now_ms, post.now_ms + LEASE_MS, 1, 1)
    )
    assert len(lost) == 1
    assert await post.deliver(LEASE_MS - 1) == 0
    assert await post.deliver(1) == 1


async def test_a_tenant_with_much_waiting_leaves_room_for_the_others(post: Post) -> None:
    for tenant in ("acme", "other"):
        await post.set_outlets([HOOK], tenant)
    for _ in range(20):
        await post.announce()
    await post.announce(tenant="other")
    assert await post.deliver() == OF_ONE + 1


async def test_an_outlet_that_hangs_keeps_nobody_else_waiting(post: Post) -> None:
    hangs, tried = asyncio.Event(), list[str]()

    async def send(outlet: Outlet, name: str, alert: dict[str, object]) -> None:  # noqa: ARG001  (as any sender)
        tried.append(str(alert["alert_id"]))
        if alert["alert_id"] == "hangs":
            await hangs.wait()

    post.notifier.senders = {Webhook: send}
    for tenant in ("acme", "other"):
        await post.set_outlets([HOOK], tenant)
    await post.announce(id="hangs")
    assert await post.notifier.begin() == 1
    await post.announce(id="waits for its own")
    await post.announce(id="goes", tenant="other")
    assert await post.notifier.begin() == 1
    await until(lambda: tried == ["hangs", "goes"])
    hangs.set()
    await until(lambda: not post.notifier._under_way)
    assert await post.deliver() == 1
    assert tried[-1] == "waits for its own"


async def test_what_is_too_much_is_dropped_and_counted(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliveries, "MOST_WAITING", 1)
    await post.set_outlets([HOOK])
    for _ in range(3):
        await post.announce()
    assert post.notifier.outcomes == {"dropped": 2}


async def test_outlets_that_cannot_be_read_stop_no_alert(post: Post) -> None:
    await post.set_outlets([{"kind": "pigeon"}])
    await post.announce()
    assert await post.deliver() == 0

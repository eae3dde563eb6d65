"""`/api/alerts/outlets`: docs/protocol.md §3.6."""

from typing import Any

import pytest

from tests.conftest import Running, Start
from tests.edge.wire import error_of

PATH = "/api/alerts/outlets"
HOOK = {"kind": "webhook", "url": "https://hooks.example.org/a", "secret": "a secret of sixteen"}
MAIL = {"kind": "email", "to": "marie@example.org", "least": "critical"}


async def test_outlets_are_kept_and_their_secrets_are_never_told(gateway: Running) -> None:
    async with gateway.client("dashboard") as person:
        assert (await person.get(PATH)).json() == {"outlets": [], "version": 0, "mail": False}
        put = await person.put(PATH, json={"outlets": [HOOK]}, headers={"If-None-Match": "*"})
        shown = {
            "outlets": [HOOK | {"secret": None, "least": "warning"}],
            "version": 1,
            "mail": False,
        }
        assert put.json() == (await person.get(PATH)).json() == shown
        kept = await person.put(PATH, json={"outlets": shown["outlets"]})
        assert kept.status_code == 200
        late = await person.put(PATH, json={"outlets": []}, headers={"If-Match": '"1"'})
        assert late.status_code == 412
    async with gateway.client("admin") as admin:
        (line, *_) = (await admin.get("/api/admin/audit")).json()["entries"]
    assert line["act"] == "outlets_changed"


@pytest.mark.parametrize(
    "outlets",
    [
        [HOOK | {"secret": None}],
        [HOOK | {"secret": "short"}],
        [HOOK | {"url": "http://hooks.example.org/a"}],
        [MAIL],
        [{"kind": "pigeon"}],
        [HOOK] * 11,
    ],
)
async def test_what_could_never_be_sent_is_refused(gateway: Running, outlets: Any) -> None:
    async with gateway.client("dashboard") as person:
        answer = await person.put(PATH, json={"outlets": outlets})
        assert (answer.status_code, error_of(answer.content)["code"]) == (422, "invalid")
        assert (await person.get(PATH)).json()["outlets"] == []


async def test_mail_needs_a_server(start: Start) -> None:
    async with (
        start(smtp_url="smtp://localhost:2525", mail_from="air@example.org") as gateway,
        gateway.client("dashboard") as person,
    ):
        put = await person.put(PATH, json={"outlets": [MAIL]})
        assert put.json() == {"outlets": [MAIL], "version": 1, "mail": True}


async def test_who_sees_a_part_alone_neither_reads_nor_changes_them(gateway: Running) -> None:
    async with gateway.client("dashboard", sensors=["s1"]) as person:
        assert (await person.get(PATH)).status_code == 403
        assert (await person.put(PATH, json={"outlets": []})).status_code == 403

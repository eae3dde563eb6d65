"""From a body to receipts, through a real store."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from app.domain.ingest import Ingest, Receipt, Rejected, Sender
from app.errors import BadRequestError, ForbiddenError, GatewayError, TooLargeError
from app.model import Publication, Topic
from app.protocol.topics import Grant, Selection, parse_filters
from app.storage.sqlite.store import SqliteStore
from tests.domain.test_measurement import BODY, DOCUMENTED

NOW = 1_763_546_701.5  # 2025-11-19T10:05:01.5Z
ANYONE = Sender("acme", Grant())
EVERYTHING = Selection(parse_filters(["all"]), Grant())


@dataclass
class Intake:
    ingest: Ingest
    store: SqliteStore
    sent: list[Publication] = field(default_factory=list)

    async def one(self, sender: Sender = ANYONE, **changes: Any) -> Receipt:
        body = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
        return await self.ingest.one(sender, json.dumps(body).encode())

    async def batch(self, *items: Any, sender: Sender = ANYONE) -> list[Receipt | Rejected]:
        split = self.ingest.split(json.dumps(items).encode())
        assert split is not None
        return await self.ingest.batch(sender, split)


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    sent: list[Publication] = []
    store = SqliteStore(tmp_path / "gateway.db", sent.extend, capacity=10_000)
    yield Intake(Ingest(store, lambda: NOW, max_ahead=300, max_batch=1_000), store, sent)
    await store.close()


def status(answer: Receipt | Rejected) -> str:
    return answer.error.code if isinstance(answer, Rejected) else str(answer["status"])


class TestOne:
    async def test_the_documented_example_is_kept_sent_and_acknowledged(
        self, intake: Intake
    ) -> None:
        receipt = await intake.one()
        (publication,) = intake.sent
        message = json.loads(publication.text)
        assert {name: message[name] for name in DOCUMENTED} == DOCUMENTED
        assert receipt == {
            "status": "stored",
            "sensor_id": "bureau1",
            "timestamp": "2025-11-19T10:05:00Z",
            "received_at": "2025-11-19T10:05:01.500Z",
            "global_score": 85,
            "global_level": "good",
            "position": str(publication.position),
        }
        assert await intake.store.newest("acme", EVERYTHING, 1) == [publication]

    async def test_again_it_is_a_duplicate_with_the_first_ones_members(
        self, intake: Intake
    ) -> None:
        first = await intake.one()
        again = await intake.one(values={**BODY["values"], "CO2": 645.0})
        assert again == {**first, "status": "duplicate"}
        assert len(intake.sent) == 1

    async def test_other_values_for_that_time_are_a_conflict(self, intake: Intake) -> None:
        await intake.one()
        with pytest.raises(GatewayError) as refused:
            await intake.one(values={"CO2": 646})
        assert refused.value.code == "measurement_exists"
        assert refused.value.details == {"field": "timestamp"}
        assert len(intake.sent) == 1

    async def test_without_a_time_the_received_one_counts(self, intake: Intake) -> None:
        assert (await intake.one(timestamp=None))["timestamp"] == "2025-11-19T10:05:01.500Z"

    @pytest.mark.parametrize(
        ("sender", "changes", "code"),
        [
            (Sender("acme", Grant(sensors=frozenset({"s1"}))), {}, "unknown_sensor"),
            (Sender("acme", Grant(parse_filters(["all:Ailleurs"]))), {}, "forbidden"),
            (Sender("acme", Grant(parse_filters(["alerts"]))), {}, "forbidden"),
            (ANYONE, {"tenant": "other"}, "wrong_tenant"),
            (ANYONE, {"timestamp": "2025-11-19T10:05:00"}, "timestamp_without_zone"),
            (ANYONE, {"timestamp": "2025-11-19T10:10:02Z"}, "timestamp_in_future"),
            (ANYONE, {"timestamp": "1999-01-01T00:00:00Z"}, "timestamp_too_old"),
            (ANYONE, {"timestamp": ""}, "invalid_timestamp"),
            (ANYONE, {"values": {}}, "invalid"),
            (ANYONE, {"salle": "\ud800"}, "bad_request"),
        ],
    )
    async def test_what_is_refused_is_neither_kept_nor_sent(
        self, intake: Intake, sender: Sender, changes: dict[str, Any], code: str
    ) -> None:
        with pytest.raises(GatewayError) as refused:
            await intake.one(sender, **changes)
        assert refused.value.code == code
        assert intake.sent == []
        assert await intake.store.newest("acme", EVERYTHING, 1) == []

    async def test_the_token_decides_the_tenant(self, intake: Intake) -> None:
        await intake.one(Sender("other", Grant()))
        assert await intake.store.newest("acme", EVERYTHING, 1) == []
        assert len(await intake.store.newest("other", EVERYTHING, 1)) == 1


class TestBatch:
    async def test_each_item_has_its_answer_and_the_good_ones_are_kept(
        self, intake: Intake
    ) -> None:
        answers = await intake.batch(
            BODY,
            5,
            {**BODY, "values": {"CO2": 1}},
            BODY,
            {**BODY, "sensor_id": "s2"},
            {**BODY, "timestamp": "yesterday"},
        )
        assert [status(each) for each in answers] == [
            "stored", "invalid", "measurement_exists", "duplicate", "stored", "invalid_timestamp",
        ]  # fmt: skip
        assert [each.key.sensor_id for each in intake.sent] == ["bureau1", "s2"]

    async def test_of_nothing_there_is_nothing_to_say(self, intake: Intake) -> None:
        assert await intake.batch() == []

    async def test_an_object_is_no_batch(self, intake: Intake) -> None:
        assert intake.ingest.split(b" \n{}") is None
        assert intake.ingest.split(b"") is None
        assert intake.ingest.split(b" \n[]") == []

    async def test_it_is_bounded(self, intake: Intake) -> None:
        assert len(intake.ingest.split(json.dumps([1] * 1_000).encode()) or ()) == 1_000
        with pytest.raises(TooLargeError):
            intake.ingest.split(json.dumps([1] * 1_001).encode())

    @pytest.mark.parametrize("body", [b"[", b"[1,]", b"[NaN]", b"[1] x", b'[{"\xff":1}]'])
    async def test_what_is_no_json_is_refused_as_a_whole_or_by_item(
        self, intake: Intake, body: bytes
    ) -> None:
        try:
            items = intake.ingest.split(body)
        except BadRequestError:
            return
        (answer,) = await intake.ingest.batch(ANYONE, items or [])
        assert status(answer) in {"bad_request", "invalid"}


class TestMissingTimes:
    """The gateway chooses a time: it never collides with another."""

    async def test_a_thousand_equal_ones_in_a_batch_are_all_stored(self, intake: Intake) -> None:
        item = {name: value for name, value in BODY.items() if name != "timestamp"}
        answers = await intake.batch(*[item] * 1_000)
        assert {status(each) for each in answers} == {"stored"}
        assert len(intake.sent) == len({each.text for each in intake.sent}) == 1_000

    async def test_a_thousand_equal_ones_at_once_are_all_stored(self, intake: Intake) -> None:
        answers = await asyncio.gather(*(intake.one(timestamp=None) for _ in range(1_000)))
        assert {status(each) for each in answers} == {"stored"}
        assert len({each["timestamp"] for each in answers}) == 1_000

    async def test_they_step_aside_for_times_that_a_device_gave(self, intake: Intake) -> None:
        for taken in ("500", "501", "502"):
            await intake.one(timestamp=f"2025-11-19T10:05:01.{taken}Z")
        receipt = await intake.one(timestamp=None)
        assert receipt["timestamp"] == "2025-11-19T10:05:01.503Z"
        assert receipt["status"] == "stored"

    async def test_a_restart_makes_no_difference(self, intake: Intake) -> None:
        first = await intake.one(timestamp=None)
        intake.ingest = Ingest(intake.store, lambda: NOW, max_ahead=300, max_batch=1_000)
        second = await intake.one(timestamp=None)
        assert second["status"] == "stored"
        assert second["timestamp"] > first["timestamp"]


class TestPublishing:
    BODY = b'{"enseigne":"Maison","salle":"Bureau","action":"open_window"}'

    async def test_a_notice_is_kept_sent_and_acknowledged(self, intake: Intake) -> None:
        receipt = await intake.ingest.publish(ANYONE, Topic.ACTIONS, self.BODY)
        (publication,) = intake.sent
        assert receipt == {"status": "stored", "position": str(publication.position)}
        assert json.loads(publication.text)["type"] == "action"

    async def test_the_same_again_is_another_one(self, intake: Intake) -> None:
        for _ in range(2):
            await intake.ingest.publish(ANYONE, Topic.ACTIONS, self.BODY)
        assert len(intake.sent) == 2

    @pytest.mark.parametrize(
        "grant",
        [Grant(parse_filters(["alerts"])), Grant(parse_filters(["all:Ailleurs"])),
         Grant(sensors=frozenset({"s1"}))],
    )  # fmt: skip
    async def test_a_narrowed_token_publishes_only_what_it_reaches(
        self, intake: Intake, grant: Grant
    ) -> None:
        with pytest.raises(ForbiddenError):
            await intake.ingest.publish(Sender("acme", grant), Topic.ACTIONS, self.BODY)
        assert intake.sent == []

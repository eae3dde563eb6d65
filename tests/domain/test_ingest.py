"""From a body to receipts, through a real store."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.domain.clocks import ClockOffset
from app.domain.ingest import Ingest
from app.domain.receipts import Answer, Published, Receipt, Rejected, sole
from app.domain.sender import Charge, Lane, Sender
from app.errors import ForbiddenError, GatewayError, LimitReachedError
from app.model import Publication, Topic, wire_time
from app.protocol.topics import Grant, Selection, parse_filters
from app.storage.base import DAY_MS, Draft, Retention
from app.storage.sqlite.store import SqliteStore
from app.traces import Untraced
from tests.domain.test_measurement import BODY, DOCUMENTED

NOW = 1_763_546_701.5  # 2025-11-19T10:05:01.5Z
ANYONE = Sender("acme", Grant())
EVERYTHING = Selection(parse_filters(["all"]), Grant())


def freely(lane: Lane, count: int) -> None:
    """Charges nothing."""


@dataclass
class Intake:
    """A clock that stands still until it is set, and who hears what is kept."""

    store: SqliteStore
    sent: list[Publication] = field(default_factory=list)
    stored: list[Draft] = field(default_factory=list)
    now: float = NOW
    charge: Charge = freely
    ingest: Ingest = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.ingest = Ingest(
            self.store,
            lambda: self.now,
            max_ahead=300,
            stored=self.stored.append,
            traces=Untraced(),
        )

    async def one(self, sender: Sender = ANYONE, **changes: Any) -> Receipt:
        return sole(await self.ingest.batch(sender, [body(**changes)], self.charge))

    async def batch(self, *items: Any, date_ms: int | None = None) -> Answer:
        encoded = [json.dumps(item).encode() for item in items]
        return await self.ingest.batch(ANYONE, encoded, self.charge, date_ms)


@pytest.fixture
async def intake(tmp_path: Path) -> AsyncIterator[Intake]:
    sent: list[Publication] = []
    store = SqliteStore(tmp_path / "gateway.db", sent.extend, capacity=10_000)
    yield Intake(store, sent)
    await store.close()


def body(**changes: Any) -> bytes:
    return json.dumps(item(**changes)).encode()


def item(**changes: Any) -> dict[str, Any]:
    """The documented body but for `changes`; None leaves a member out."""
    return {name: value for name, value in {**BODY, **changes}.items() if value is not None}


def ago(seconds: float, **changes: Any) -> dict[str, Any]:
    """Measured so long before `NOW`."""
    return item(timestamp=wire_time(round((NOW - seconds) * 1000)), **changes)


def statuses(answer: Answer) -> list[str]:
    return [
        each.error.code if isinstance(each, Rejected) else each.status for each in answer.results
    ]


def receipts(answer: Answer) -> list[Receipt]:
    return [each for each in answer.results if isinstance(each, Receipt)]


class TestOne:
    async def test_the_documented_example_is_kept_sent_and_acknowledged(
        self, intake: Intake
    ) -> None:
        receipt = await intake.one()
        (publication,) = intake.sent
        message = json.loads(publication.text)
        assert {name: message[name] for name in DOCUMENTED} == DOCUMENTED
        assert msgspec.to_builtins(receipt) == {
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
        assert again == msgspec.structs.replace(first, status="duplicate")
        assert len(intake.sent) == 1

    async def test_other_values_for_that_time_are_a_conflict(self, intake: Intake) -> None:
        await intake.one()
        with pytest.raises(GatewayError) as refused:
            await intake.one(values={"CO2": 646})
        assert refused.value.code == "measurement_exists"
        assert refused.value.details == {"field": "timestamp"}
        assert len(intake.sent) == 1

    async def test_without_a_time_the_received_one_counts(self, intake: Intake) -> None:
        assert (await intake.one(timestamp=None)).timestamp == "2025-11-19T10:05:01.500Z"

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
        answer = await intake.batch(
            BODY,
            5,
            {**BODY, "values": {"CO2": 1}},
            BODY,
            {**BODY, "sensor_id": "s2"},
            {**BODY, "timestamp": "yesterday"},
        )
        assert statuses(answer) == [
            "stored", "invalid", "measurement_exists", "duplicate", "stored", "invalid_timestamp",
        ]  # fmt: skip
        assert [each.key.sensor_id for each in intake.sent] == ["bureau1", "s2"]

    async def test_of_nothing_there_is_nothing_to_say(self, intake: Intake) -> None:
        assert await intake.batch() == Answer([], None)


class TestMissingTimes:
    """The gateway chooses a time: it never collides with another."""

    async def test_a_thousand_equal_ones_in_a_batch_are_all_stored(self, intake: Intake) -> None:
        answer = await intake.batch(*[item(timestamp=None)] * 1_000)
        assert set(statuses(answer)) == {"stored"}
        assert len(intake.sent) == len({each.text for each in intake.sent}) == 1_000

    async def test_a_thousand_equal_ones_at_once_are_all_stored(self, intake: Intake) -> None:
        answers = await asyncio.gather(*(intake.one(timestamp=None) for _ in range(1_000)))
        assert {each.status for each in answers} == {"stored"}
        assert len({each.timestamp for each in answers}) == 1_000

    async def test_they_step_aside_for_times_that_a_device_gave(self, intake: Intake) -> None:
        for taken in ("500", "501", "502"):
            await intake.one(timestamp=f"2025-11-19T10:05:01.{taken}Z")
        receipt = await intake.one(timestamp=None)
        assert receipt.timestamp == "2025-11-19T10:05:01.503Z"
        assert receipt.status == "stored"

    async def test_a_restart_makes_no_difference(self, intake: Intake) -> None:
        first = await intake.one(timestamp=None)
        intake.restart()
        second = await intake.one(timestamp=None)
        assert second.status == "stored"
        assert second.timestamp > first.timestamp

    async def test_none_is_looked_for_where_all_are_past(self, intake: Intake) -> None:
        """As after the past was let go of by a clock that was ahead: it would never be found."""
        await intake.one(timestamp=None)
        while await intake.store.roll_up():
            pass
        await intake.store.prune(Retention(raw_days=1), round(NOW * 1000) + 2 * DAY_MS)
        with pytest.raises(GatewayError) as refused:
            await asyncio.wait_for(intake.one(timestamp=None), 5)
        assert refused.value.code == "timestamp_too_old"


class Purse:
    """A budget for each lane."""

    def __init__(self, live: int, backlog: int) -> None:
        self.left = {Lane.LIVE: live, Lane.BACKLOG: backlog}

    def charge(self, lane: Lane, count: int) -> None:
        if count > self.left[lane]:
            raise LimitReachedError("too many requests", limit=lane, retry_after=7)
        self.left[lane] -= count


class TestLanes:
    """What comes more than five minutes late is backlog."""

    async def test_it_is_kept_and_sent_with_a_mark(self, intake: Intake) -> None:
        old, new = receipts(await intake.batch(ago(300.001), ago(300)))
        assert (old.status, old.backlog, new.backlog) == ("stored", True, msgspec.UNSET)
        assert ["backlog" in json.loads(each.text) for each in intake.sent] == [True, False]
        assert [each.backlog for each in intake.sent] == [True, False]

    async def test_its_age_when_it_first_came_counts(self, intake: Intake) -> None:
        await intake.batch(ago(0))
        intake.now += 3_600
        (again,) = receipts(await intake.batch(ago(0)))
        assert (again.status, again.backlog) == ("duplicate", msgspec.UNSET)

    async def test_each_lane_is_charged_for_its_part(self, intake: Intake) -> None:
        purse = Purse(live=10, backlog=10)
        intake.charge = purse.charge
        await intake.batch(ago(0), ago(400), 5, ago(500), item(timestamp=None))
        assert purse.left == {Lane.LIVE: 7, Lane.BACKLOG: 8}

    async def test_live_ones_are_kept_when_the_backlogs_budget_is_used_up(
        self, intake: Intake
    ) -> None:
        intake.charge = Purse(live=2, backlog=1).charge
        answer = await intake.batch(ago(400), ago(0), ago(500), 5)
        assert statuses(answer) == ["rate_limited", "stored", "rate_limited", "invalid"]
        assert isinstance(answer.results[0], Rejected)
        assert answer.results[0].error.details == {"limit": "backlog", "retry_after": 7}
        assert len(intake.sent) == 1

    async def test_a_batch_of_backlog_alone_is_then_refused_as_a_whole(
        self, intake: Intake
    ) -> None:
        intake.charge = Purse(live=10, backlog=1).charge
        with pytest.raises(LimitReachedError):
            await intake.batch(ago(400), ago(500))
        with pytest.raises(LimitReachedError):
            await intake.batch(ago(400), ago(500))
        assert statuses(await intake.batch(ago(400))) == ["stored"]

    async def test_nothing_is_kept_when_the_live_ones_budget_is_used_up(
        self, intake: Intake
    ) -> None:
        purse = Purse(live=1, backlog=10)
        intake.charge = purse.charge
        with pytest.raises(LimitReachedError):
            await intake.batch(ago(400), ago(0), ago(1))
        assert intake.sent == []
        assert purse.left == {Lane.LIVE: 1, Lane.BACKLOG: 10}


class TestClocks:
    """What is told of the device's clock."""

    async def test_within_tolerance_nothing_is_told(self, intake: Intake) -> None:
        assert (await intake.batch(ago(5), ago(-5))).clock is None
        assert (await intake.batch(item(timestamp=None))).clock is None

    async def test_the_newest_live_time_of_what_is_stored_tells_the_offset(
        self, intake: Intake
    ) -> None:
        answer = await intake.batch(ago(60), ago(20), ago(900), ago(-400))
        assert answer.clock == ClockOffset(-20_000, "timestamp")
        again = await intake.batch(ago(60), ago(20))
        assert again.clock is None
        assert (await intake.batch(ago(-10))).clock == ClockOffset(10_000, "timestamp")

    async def test_the_devices_word_goes_before(self, intake: Intake) -> None:
        date_ms = round(NOW * 1000) + 7_200_000
        answer = await intake.batch(ago(60), ago(900), date_ms=date_ms)
        assert answer.clock == ClockOffset(7_200_000, "date")
        on_time = await intake.batch(ago(61), date_ms=round(NOW * 1000))
        assert on_time.clock is None

    async def test_one_measurement_is_told_in_its_receipt_or_error(self, intake: Intake) -> None:
        ahead = await intake.one(timestamp=ago(-10)["timestamp"])
        assert ahead.clock == ClockOffset(10_000, "timestamp")
        with pytest.raises(GatewayError) as refused:
            sole(await intake.ingest.batch(ANYONE, [b"{}"], freely, 0))
        assert refused.value.details["clock"] == ClockOffset(-round(NOW * 1000), "date")

    async def test_a_jump_is_told_and_counted_and_the_measurement_is_kept(
        self, intake: Intake
    ) -> None:
        (first,) = receipts(await intake.batch(ago(0)))
        intake.now += 10
        (jumped,) = receipts(await intake.batch(ago(-10 - 120)))
        intake.now += 10
        back = receipts(await intake.batch(ago(-10), ago(-20)))
        assert first.clock_jump_ms is msgspec.UNSET
        assert (jumped.status, jumped.clock_jump_ms) == ("stored", 120_000)
        assert [each.clock_jump_ms for each in back] == [msgspec.UNSET, -120_000]
        assert intake.ingest.jumps.count == 2
        order = [each.position.sequence for each in intake.sent]
        assert order == [1, 2, 3, 4]

    async def test_each_sensor_has_a_clock_of_its_own(self, intake: Intake) -> None:
        for sensor, seconds in (("a", 0), ("b", 100), ("a", 1), ("b", 99)):
            (receipt,) = receipts(await intake.batch(ago(seconds, sensor_id=sensor)))
            assert receipt.clock_jump_ms is msgspec.UNSET

    async def test_neither_a_backlog_nor_a_resent_one_is_a_jump(self, intake: Intake) -> None:
        await intake.batch(ago(0))
        await intake.batch(ago(900))
        intake.now += 200
        await intake.batch(ago(0))
        await intake.batch(ago(-200))
        assert intake.ingest.jumps.count == 0


class TestCounts:
    async def test_outcomes_are_counted(self, intake: Intake) -> None:
        await intake.batch(ago(0), ago(0), ago(400), 5, item(timestamp="yesterday"))
        with pytest.raises(GatewayError):
            await intake.one(values={})
        counted = intake.ingest
        assert counted.kept == {"stored": 2, "duplicate": 1}
        assert counted.backlog == 1
        assert counted.rejected == {"invalid": 2, "invalid_timestamp": 1}


class TestPublishing:
    BODY = b'{"enseigne":"Maison","salle":"Bureau","action":"open_window"}'

    async def test_a_notice_is_kept_sent_and_acknowledged(self, intake: Intake) -> None:
        receipt = await intake.ingest.publish(ANYONE, Topic.ACTIONS, self.BODY)
        (publication,) = intake.sent
        assert receipt == Published("stored", str(publication.position))
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

"""The one timer: heartbeats, silence, the token's end, who does not read; and the end of all."""

import asyncio

import pytest
from structlog.testing import capture_logs

from app.domain.desk import LONGEST_RETURN, RETURNS_PER_SECOND
from app.domain.sweep import Sweep, drain
from app.errors import UnavailableError
from app.transport.connection import CLOSE_GRACE
from auth.principal import Principal, Role
from tests.domain.conftest import HEARTBEAT, IDLE_TIMEOUT, SLOW_TIMEOUT, House, measured, until


class TestDeadlines:
    async def test_a_heartbeat_is_a_ping_frame(self, house: House) -> None:
        dashboard = await house.join()
        Sweep(house.desk).tick(dashboard.connection.last_heard + HEARTBEAT + 1)
        assert await dashboard.messages() == []
        assert dashboard.pings == 1

    async def test_who_is_silent_is_closed_with_4408(self, house: House) -> None:
        dashboard = await house.join()
        Sweep(house.desk).tick(dashboard.connection.last_heard + IDLE_TIMEOUT)
        assert await dashboard.end() == (4408, "nothing was heard")

    async def test_whose_token_ended_is_closed_with_4401(self, house: House) -> None:
        dashboard = await house.join(expires_in=10)
        now = dashboard.connection.last_heard
        Sweep(house.desk).tick(now + 8)
        assert dashboard.close is None
        Sweep(house.desk).tick(now + 11)
        assert await dashboard.end() == (4401, "the token expired")

    async def test_who_does_not_read_for_long_is_closed_with_4409_and_then_cut(
        self, house: House
    ) -> None:
        deaf = await house.join()
        await house.block(deaf)
        house.publish(measured())
        sweep, now = Sweep(house.desk), deaf.connection.last_heard
        for seconds in (1, SLOW_TIMEOUT):
            sweep.tick(now + seconds)
            assert deaf.connection.closing_since is None
        sweep.tick(now + 1 + SLOW_TIMEOUT)
        assert deaf.connection.closing_since is not None
        sweep.tick(deaf.connection.closing_since + CLOSE_GRACE)
        await until(lambda: not house.desk.live)
        assert house.desk.closes == {4409: 1}

    async def test_who_reads_a_little_now_and_then_is_not_too_slow(self, house: House) -> None:
        slow = await house.join()
        await house.block(slow)
        house.publish(*[measured()] * 100, size=10_000)
        sweep, now = Sweep(house.desk), slow.connection.last_heard
        sweep.tick(now + 1)
        behind_from = slow.subscriber.missed_from
        while slow.subscriber.missed_from == behind_from:
            slow.arrived()
            await asyncio.sleep(0)
        assert slow.connection.paused
        sweep.tick(now + SLOW_TIMEOUT + 1)
        assert slow.connection.closing_since is None

    async def test_from_the_close_on_nothing_more_is_delivered(self, house: House) -> None:
        dashboard = await house.join()
        Sweep(house.desk).tick(dashboard.connection.last_heard + IDLE_TIMEOUT)
        house.publish(measured())
        assert house.hub.deliveries == 0


class TestReports:
    async def test_what_went_out_since_the_last_sweep_is_one_line(self, house: House) -> None:
        dashboards = [await house.join(), await house.join()]
        sweep = Sweep(house.desk)
        house.publish(measured(), measured())
        with capture_logs() as logs:
            for _ in range(3):
                sweep.tick(dashboards[0].connection.last_heard)
        assert logs == [
            {"event": "WebSocket broadcast", "log_level": "info",
             "messages": 2, "deliveries": 4, "clients": 2},
        ]  # fmt: skip

    async def test_coming_and_going_are_lines_too(self, house: House) -> None:
        with capture_logs() as logs:
            dashboard = await house.join("alerts")
            dashboard.connection.abort()
            await until(lambda: not house.desk.live)
        connected, disconnected = logs
        assert connected["event"] == "WebSocket connected"
        assert (connected["total"], connected["topics"]) == (1, ["alerts"])
        assert disconnected["event"] == "WebSocket disconnected"
        assert (disconnected["total"], disconnected["code"]) == (0, 1006)


class TestDraining:
    async def test_the_living_are_told_1012_and_the_deaf_are_cut(self, house: House) -> None:
        deaf = await house.join()
        await house.block(deaf)
        living = await house.join()
        draining = asyncio.ensure_future(drain(house.desk, 60))
        assert await living.end() == (1012, "the gateway restarts, retry_after=0.002")
        assert len(house.desk.live) == 1
        living.socket.close()
        await draining
        assert not house.desk.live
        assert house.desk.slots.taken == 0
        assert house.desk.closes == {1006: 1, 1012: 1}

    async def test_everyone_is_told_another_time_to_come_back(self, house: House) -> None:
        crowd = [await house.join() for _ in range(5)]
        draining = asyncio.ensure_future(drain(house.desk, 60))
        ends = [await each.end() for each in crowd]
        for each in crowd:
            each.socket.close()
        await draining
        waits = sorted(float(reason.rpartition("=")[2]) for _, reason in ends)
        assert waits == [count / RETURNS_PER_SECOND for count in range(1, 6)]

    async def test_however_many_they_are_the_last_comes_back_soon(self, house: House) -> None:
        waits = [house.desk.return_after() for _ in range(50_000)]
        assert max(waits) < LONGEST_RETURN
        soon = sum(wait < 1 for wait in waits)
        assert soon <= 50_000 / LONGEST_RETURN + RETURNS_PER_SECOND

    async def test_who_does_not_answer_is_cut_after_the_grace(self, house: House) -> None:
        await house.join()
        await drain(house.desk, 0.001)
        await until(lambda: not house.desk.live)

    async def test_nobody_comes_in_any_more(self, house: House) -> None:
        await drain(house.desk, 1)
        someone = Principal("someone", "acme", Role.DASHBOARD, "jti", 1, 2)
        with pytest.raises(UnavailableError) as refused:
            house.desk.acquire_slot("192.0.2.1", someone)
        assert refused.value.details["retry_after"] == 2

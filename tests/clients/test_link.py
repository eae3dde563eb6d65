import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import pytest
from fastapi.responses import JSONResponse
from iaqverse.clock import Clock
from iaqverse.link import Link, Reply, open_client

from tests.demo.peer_gateway import NOBODY, START, FakeClock, Peer, peer_gateway, refusal


class Case:
    """A link to `url` on a clock of its own, and what it told."""

    def __init__(self, link: Link, time: FakeClock, told: list[str]) -> None:
        self.link, self.time, self.told = link, time, told

    async def post(self) -> Reply | None:
        return await self.link.post(
            "/api/ingest", {"sensor_id": "s", "timestamp": "t", "values": {}}
        )


@asynccontextmanager
async def linked(url: str) -> AsyncIterator[Case]:
    time, told = FakeClock(), list[str]()
    async with open_client(url, ssl.create_default_context()) as client:
        clock = Clock(time.sleep, time.now)
        link = Link(client, "the-token", clock, Random(1), told.append)  # noqa: S311  (jitter)
        yield Case(link, time, told)


@asynccontextmanager
async def linked_to_peer() -> AsyncIterator[tuple[Case, Peer]]:
    async with peer_gateway() as peer, linked(peer.url) as case:
        yield case, peer


async def test_a_post_carries_the_token_and_brings_the_answer() -> None:
    async with linked_to_peer() as (case, peer):
        reply = await case.post()
        assert reply is not None
        assert reply.ok
        assert reply.body["status"] == "stored"
        assert peer.received[0].authorization == "Bearer the-token"
        assert case.told == []


async def test_retry_after_is_honoured_to_the_second() -> None:
    async with linked_to_peer() as (case, peer):
        peer.next_answers.append(refusal(429, "rate_limited", Retry_After="7"))
        assert await case.post() is None
        assert case.link.resume_at == START + 7
        case.time.time += 6.9
        assert await case.post() is None
        assert len(peer.received) == 1
        case.time.time += 0.1
        assert await case.post() is not None
        assert case.link.waits == {"rate_limited": 1}
        assert case.link.failures == 0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("Wed, 15 Jan 2025 10:00:30 GMT", 30),
        ("Wed, 15 Jan 2025 09:00:00 GMT", 0.1),
        ("0", 0.1),
        ("999999999", 3600),
    ],
)
async def test_retry_after_may_be_a_date_and_is_bounded(value: str, seconds: float) -> None:
    async with linked_to_peer() as (case, peer):
        peer.next_answers.append(refusal(503, "unavailable", Retry_After=value))
        assert await case.post() is None
        assert case.link.resume_at == START + seconds


@pytest.mark.parametrize("value", ["soon", "-1", "²", ""])
async def test_a_retry_after_without_sense_is_none(value: str) -> None:
    async with linked_to_peer() as (case, peer):
        answer = refusal(429, "rate_limited")
        answer.raw_headers.append((b"retry-after", value.encode("latin-1")))
        peer.next_answers.append(answer)
        assert await case.post() is None
        assert START + 0.5 <= case.link.resume_at <= START + 1


async def test_back_off_grows_with_jitter_up_to_its_bound() -> None:
    async with linked(NOBODY) as case:
        delays = []
        for _ in range(12):
            assert await case.post() is None
            delays.append(case.link.resume_at - case.time.time)
            case.time.time = case.link.resume_at
        assert all(0.5 <= delay <= 0.5 + min(20, 0.5 * 2**n) for n, delay in enumerate(delays))
        assert max(delays) > 5
        assert case.link.failures == 12
        assert case.link.waits == {"unreachable": 12}


@pytest.mark.parametrize("status", [408, 500, 502, 503, 504])
async def test_a_gateway_that_fails_is_tried_again_later(status: int) -> None:
    async with linked_to_peer() as (case, peer):
        peer.next_answers.append(JSONResponse("broken", status))
        assert await case.post() is None
        assert case.link.waits == {f"http_{status}": 1}
        case.time.time = case.link.resume_at
        assert await case.post() is not None
        assert case.link.failures == 0


@pytest.mark.parametrize(("status", "code"), [(401, "unauthenticated"), (422, "invalid")])
async def test_a_refusal_is_an_answer_with_its_code(status: int, code: str) -> None:
    async with linked_to_peer() as (case, peer):
        peer.next_answers.append(refusal(status, code))
        reply = await case.post()
        assert reply is not None
        assert not reply.ok
        assert reply.code == code
        assert case.link.resume_at == 0


@pytest.mark.parametrize("body", [None, [], "x", {"error": None}, {"error": {"code": 5}}])
def test_a_refusal_without_code_is_known_by_its_status(body: object) -> None:
    assert Reply(413, body).code == "http_413"


async def test_each_trouble_is_told_once_and_so_is_its_end() -> None:
    async with linked_to_peer() as (case, peer):
        for _ in range(2):
            peer.next_answers.append(refusal(429, "rate_limited", Retry_After="1"))
        peer.next_answers.append(refusal(422, "invalid"))
        for _ in range(5):
            await case.post()
            case.time.time += 1
        assert case.told == ["waiting: rate_limited", "refused: invalid", "accepted again"]


async def test_the_token_is_not_shown() -> None:
    async with linked(NOBODY) as case:
        assert "the-token" not in repr(case.link)
        await case.post()
        assert "the-token" not in "".join(case.told)

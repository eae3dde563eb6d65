"""`GET /api/messages`: docs/protocol.md §3.4. The polling fall-back of the socket."""

from typing import Any

import pytest

from tests.conftest import Running, url_of
from tests.edge.wire import NOTICES, error_of, measurement


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest) -> str:
    return url_of(request)


async def fill(gateway: Running, count: int) -> list[str]:
    """So many measurements; their positions."""
    batch = [measurement(sensor_id=f"s{number}") for number in range(count)]
    async with gateway.client("device") as device:
        results = (await device.post("/api/ingest", json=batch)).json()["results"]
    return [result["position"] for result in results]


async def read(gateway: Running, **params: Any) -> dict[str, Any]:
    async with gateway.client("dashboard") as dashboard:
        page: dict[str, Any] = (await dashboard.get("/api/messages", params=params)).json()
    assert page.keys() == {"position", "recovered", "more", "messages"}
    return page


def positions(page: dict[str, Any]) -> list[str]:
    return [message["position"] for message in page["messages"]]


async def test_without_a_position_it_is_the_newest_messages_in_order(gateway: Running) -> None:
    sent = await fill(gateway, 5)
    page = await read(gateway, limit=3)
    assert (positions(page), page["position"]) == (sent[2:], sent[-1])
    assert (page["recovered"], page["more"]) == (False, False)


async def test_joined_pages_have_no_hole_and_no_repeat(gateway: Running) -> None:
    sent = await fill(gateway, 10)
    joined: list[str] = []
    page = {"position": sent[1], "more": True}
    while page["more"]:
        page = await read(gateway, after=page["position"], limit=3)
        assert page["recovered"] is True
        joined += positions(page)
    assert joined == sent[2:]
    assert page["position"] == sent[-1]

    later = await read(gateway, after=page["position"])
    assert (later["messages"], later["recovered"], later["more"]) == ([], True, False)
    more = await fill(gateway, 12)
    assert positions(await read(gateway, after=later["position"])) == more[10:]


async def test_a_page_that_is_just_full_has_no_more(gateway: Running) -> None:
    sent = await fill(gateway, 4)
    page = await read(gateway, after=sent[0], limit=3)
    assert (positions(page), page["more"]) == (sent[1:], False)


async def test_it_shows_the_topics_that_are_asked_for(gateway: Running) -> None:
    (measured,) = await fill(gateway, 1)
    async with gateway.client("service") as service:
        answer = await service.post("/api/publish/alerts", json=NOTICES["alerts"])
        alert = answer.json()["position"]
    for topics, expected in {
        "all": [measured, alert],
        "alerts": [alert],
        "measurements:Maison/Bureau": [measured],
        "alerts,measurements": [measured, alert],
        "actions": [],
        "all:Bistrot": [],
    }.items():
        page = await read(gateway, topics=topics)
        assert (positions(page), page["position"]) == (expected, alert)


async def test_garbage_for_a_position_recovers_nothing_and_says_so(gateway: Running) -> None:
    sent = await fill(gateway, 2)
    for after in ("nonsense", "-1", "abc-", "abc-zz", "000000000000-1", "é-1"):
        page = await read(gateway, after=after)
        assert (page["recovered"], positions(page), page["position"]) == (False, sent, sent[-1])


async def test_a_position_of_the_future_recovers_nothing(gateway: Running) -> None:
    (first,) = await fill(gateway, 1)
    page = await read(gateway, after=f"{first.partition('-')[0]}-ff")
    assert (page["recovered"], positions(page)) == (False, [first])


async def test_a_narrowed_token_sees_less(gateway: Running) -> None:
    sent = await fill(gateway, 3)
    async with gateway.client("dashboard", sensors=["s1"]) as dashboard:
        assert positions((await dashboard.get("/api/messages")).json()) == sent[1:2]
    async with gateway.client("dashboard", topics=["measurements:Bistrot"]) as dashboard:
        assert positions((await dashboard.get("/api/messages")).json()) == []
        answer = await dashboard.get("/api/messages", params={"topics": "alerts"})
        assert (answer.status_code, error_of(answer.content)["code"]) == (403, "forbidden")


async def test_parameters_have_their_bounds(gateway: Running) -> None:
    many = ",".join(f"all:{number}" for number in range(200))
    async with gateway.client("dashboard") as dashboard:
        for params in (
            {"limit": "0"},
            {"limit": "1001"},
            {"topics": "weather"},
            {"topics": many},
            {"after": "x" * 65},
            {"wait": "-1"},
            {"wait": "nan"},
        ):
            answer = await dashboard.get("/api/messages", params=params)
            assert answer.status_code == 422, params
            assert "weather" not in error_of(answer.content)["message"]

import pytest

from app.demo.events import Publication
from app.demo.link import Reply
from app.demo.outbox import News, Readings, Tally

ITEMS = [{"sensor_id": "s"}, {"sensor_id": "s"}, {"sensor_id": "s"}]
REJECTED = {"status": "rejected", "error": {"code": "clock_ahead", "message": "no"}}


def test_each_result_of_an_array_counts_by_its_status() -> None:
    tally = Tally()
    results = [{"status": "stored"}, {"status": "duplicate"}, REJECTED]
    tally.count_ingest(ITEMS, Reply(200, {"results": results}))
    assert (tally.stored, tally.duplicate, tally.refused) == (1, 1, {"clock_ahead": 1})


@pytest.mark.parametrize(("status", "stored"), [("stored", 1), ("duplicate", 0)])
def test_a_single_one_is_its_own_result(status: str, stored: int) -> None:
    tally = Tally()
    tally.count_ingest(ITEMS[:1], Reply(200, {"status": status}))
    assert (tally.stored, tally.duplicate) == (stored, 1 - stored)


def test_a_refused_array_is_refused_item_by_item() -> None:
    tally = Tally()
    tally.count_ingest(ITEMS, Reply(413, {"error": {"code": "too_large", "message": "no"}}))
    assert tally.refused == {"too_large": 3}


def test_what_a_limit_held_back_is_not_decided_and_comes_back() -> None:
    tally = Tally()
    held_back = {"status": "rejected", "error": {"code": "rate_limited", "retry_after": 7}}
    items = [{"sensor_id": name} for name in "abc"]
    reply = Reply(200, {"results": [held_back, {"status": "stored"}, held_back]})
    assert tally.count_ingest(items, reply) == [items[0], items[2]]
    assert tally.answered == 1


@pytest.mark.parametrize(
    "body", [None, [], {"results": 3}, {"results": []}, {"results": [None, 1, {"status": "?"}]}]
)
def test_an_answer_that_says_nothing_clear_is_counted_as_such(body: object) -> None:
    tally = Tally()
    tally.count_ingest(ITEMS, Reply(200, body))
    assert tally.refused == {"unclear_answer": 3}
    assert tally.answered == 3


def test_at_its_bound_the_oldest_is_dropped_and_counted() -> None:
    tally = Tally()
    readings, news = Readings(tally, bound=1), News(tally, bound=1)
    for _ in range(3):
        readings.put({})
    assert (len(readings), tally.dropped) == (1, 2)
    news.put(Publication("alerts", {}))
    news.put(Publication("alerts", {}))
    assert (len(news), tally.dropped) == (1, 3)

from iaqverse.outbox import News, Readings, Tally
from iaqverse.verdicts import Verdict
from iaqverse.wire import Publication


def test_each_verdict_counts_but_for_what_is_to_be_sent_again() -> None:
    tally = Tally()
    refused = [Verdict("refused", code) for code in ("invalid", "clock_ahead", "invalid")]
    tally.count([Verdict("stored"), Verdict("duplicate"), Verdict("held_back"), *refused])
    assert (tally.stored, tally.duplicate) == (1, 1)
    assert tally.refused == {"invalid": 2, "clock_ahead": 1}
    assert tally.answered == 5


def test_at_its_bound_the_oldest_is_dropped_and_counted() -> None:
    tally = Tally()
    readings, news = Readings(tally, bound=1), News(tally, bound=1)
    for _ in range(3):
        readings.put({})
    assert (len(readings), tally.dropped) == (1, 2)
    news.put(Publication("alerts", {}))
    news.put(Publication("alerts", {}))
    assert (len(news), tally.dropped) == (1, 3)

import pytest
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


def test_what_is_being_sent_comes_back_first_and_only_as_far_as_there_is_room() -> None:
    tally = Tally()
    readings = Readings(tally, bound=4)
    for number in range(1, 5):
        readings.put({"n": number})
    with readings._sending(3) as batch:
        readings.put({"n": 5})
        readings.put({"n": 6})
        assert (len(readings), tally.dropped) == (6, 0)
        del batch[2]  # was answered
    with readings._sending(9) as waiting:
        assert waiting == [{"n": 2}, {"n": 4}, {"n": 5}, {"n": 6}]
    assert tally.dropped == 1


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), "\ud800"])
def test_what_is_no_json_is_refused_where_it_is_given(value: object) -> None:
    with pytest.raises((ValueError, TypeError)):
        Readings(Tally()).put({"values": {"CO2": value}})
    with pytest.raises((ValueError, TypeError)):
        News(Tally()).put(Publication("alerts", {"value": value}))


def test_a_topic_that_no_address_can_have_is_refused_where_it_is_given() -> None:
    with pytest.raises(ValueError, match="surrogates"):
        News(Tally()).put(Publication("alerts\ud800", {}))

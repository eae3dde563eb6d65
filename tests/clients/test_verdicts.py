import pytest
from iaqverse.link import Reply
from iaqverse.verdicts import Verdict, held_back, verdicts

STORED, DUPLICATE = {"status": "stored"}, {"status": "duplicate"}
REJECTED = {"status": "rejected", "error": {"code": "clock_ahead", "message": "too far"}}
LIMITED = {"status": "rejected", "error": {"code": "rate_limited", "retry_after": 7}}


def test_each_result_of_an_array_is_its_items() -> None:
    reply = Reply(200, {"results": [STORED, DUPLICATE, REJECTED]})
    assert verdicts(3, reply) == [
        Verdict("stored"),
        Verdict("duplicate"),
        Verdict("refused", "clock_ahead", "too far"),
    ]


@pytest.mark.parametrize("status", ["stored", "duplicate"])
def test_a_single_one_is_its_own_result(status: str) -> None:
    (verdict,) = verdicts(1, Reply(200, {"status": status}))
    assert verdict.status == status


def test_a_refused_array_is_refused_item_by_item() -> None:
    reply = Reply(413, {"error": {"code": "too_large", "message": "no"}})
    assert verdicts(3, reply) == [Verdict("refused", "too_large", "no")] * 3


def test_the_field_that_is_wrong_is_named() -> None:
    error = {"code": "invalid", "message": "is no number", "field": "values.CO2"}
    (verdict,) = verdicts(1, Reply(422, {"error": error}))
    assert verdict.message == "values.CO2: is no number"


def test_what_a_limit_held_back_is_not_decided_and_comes_back() -> None:
    decided = verdicts(3, Reply(200, {"results": [LIMITED, STORED, LIMITED]}))
    assert held_back("abc", decided) == ["a", "c"]
    assert [each.retry_after for each in decided] == [7, 0, 7]


@pytest.mark.parametrize(
    "body", [None, [], {"results": 3}, {"results": []}, {"results": [None, 1, {"status": "?"}]}]
)
def test_an_answer_that_says_nothing_clear_is_a_refusal(body: object) -> None:
    assert verdicts(3, Reply(200, body)) == [Verdict("refused", "unclear_answer")] * 3


def test_more_results_than_items_are_nobodys() -> None:
    assert verdicts(2, Reply(200, {"results": [STORED] * 3})) == [Verdict("stored")] * 2

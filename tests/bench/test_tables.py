"""Tables line up, figures are judged by the run they came from."""

from collections import Counter

from bench.figures import Figure, figures
from bench.load import Measured, Opened
from bench.peers import gateway, nats
from bench.results import Result
from bench.tables import markdown, report
from bench.usage import Usage
from bench.workloads import Fanout, Flow, Opening


def flow(us: float, delivered: int = 1_000_000, client_cpu: float = 0.1) -> Flow:
    seconds = us * delivered / 1e6
    measured = Measured(1.0, delivered, delivered, 0, 0, 0, 0, 1.0, 2.0, client_cpu)
    return Flow(measured, Usage(cpu=Counter({"python": seconds})))


def fanout(feed: str, one: float, many: float) -> Fanout:
    return Fanout(feed, flow(one), flow(many), None)


def opening(milliseconds: float, kilobytes: int) -> Opening:
    cpu = Counter({"python": milliseconds})
    idle = Usage(pss=Counter({"python": 1_000 * kilobytes}))
    return Opening(Opened(1_000, 0, 0, 1.0), Usage(cpu=cpu), idle)


def judged(results: list[Result]) -> dict[str, bool]:
    return {figure.what: figure.reached for figure in figures(results)}


def test_cells_line_up() -> None:
    lines = markdown(["peer", "n"], [["a", "10"], ["long name", "1"]]).splitlines()
    assert lines == [
        "| peer      |  n |",
        "| --------- | -: |",
        "| a         | 10 |",
        "| long name |  1 |",
    ]


def test_a_goal_is_reached_from_below_or_from_above() -> None:
    assert Figure("", 4, 4, "ms").reached
    assert not Figure("", 4, 4.1, "ms").reached
    assert Figure("", 2_000, 2_000, "/s", at_least=True).reached
    assert not Figure("", 2_000, 1_999, "/s", at_least=True).reached


def test_fan_out_is_judged_beside_the_same_runs_nats() -> None:
    ours = Result(gateway.PLAIN, fanouts=[fanout("hub alone", 5, 1.1)])
    peer = Result(nats.PLAIN, fanouts=[fanout("PUB", 12, 2.0)])
    assert judged([ours, peer]) == {
        "32 publishers: CPU per delivery": True,
        "32 publishers: half of NATS": False,
        "one message at a time: CPU per delivery": True,
    }


def test_the_first_opening_is_with_new_tokens_the_second_with_known_ones() -> None:
    ours = Result(gateway.PLAIN, openings=[opening(0.7, 5), opening(0.6, 3)])
    assert judged([ours]) == {
        "idle connection in the gateway": True,
        "handshake, token seen before: CPU": False,
        "handshake, new token: CPU": True,
    }


def test_what_was_not_measured_is_left_out_and_what_was_skipped_is_told() -> None:
    text = report([Result(nats.TLS, skipped="no program")])
    assert text == "Skipped: NATS, TLS: no program"


def test_a_rate_of_a_busy_client_is_marked() -> None:
    busy = Fanout("PUB", flow(1), flow(1, client_cpu=0.95), None)
    assert "1000*" in report([Result(nats.PLAIN, fanouts=[busy])])

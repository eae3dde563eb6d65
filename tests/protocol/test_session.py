"""A dashboard's conversation: commands, answers, errors, and what is due when."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.errors import LimitReachedError, UnauthenticatedError
from app.protocol.closes import CloseCode
from app.protocol.conversation import (
    WARNING,
    Authenticate,
    Close,
    Expiring,
    Heartbeat,
    Rules,
    Send,
)
from app.protocol.quota import Rate
from app.protocol.session import Effect, Resume, Select, Session
from app.protocol.topics import Grant, Selection, TopicFilter, parse_filters

RULES = Rules(
    heartbeat=25,
    idle_timeout=60,
    slow_timeout=30,
    max_topics=4,
    max_bad_commands=3,
    max_batch=5,
    max_depth=8,
    message_rate=Rate(burst=10, interval=0.5),
)
BAD = '{"type":"dance"}'
PING = '{"type":"ping"}'
Json = dict[str, Any]


def session(
    *topics: str, grant: Grant | None = None, expires_at: float = 1e9, lifetime: float = 900
) -> Session:
    """Begun at 0."""
    selection = Selection(parse_filters(topics or ["all"]), grant or Grant())
    return Session(RULES, selection, now=0, expires_at=expires_at, lifetime=lifetime)


def said(effect: Effect) -> Json:
    """The answer that an effect carries; the hub adds positions to that of a Resume."""
    if isinstance(effect, Resume):
        return effect.answer
    assert isinstance(effect, Send)
    answer: Json = json.loads(effect.payload)
    return answer


def told(to: Session, command: object, now: float = 0) -> Json:
    """The one answer to a command."""
    text = command if isinstance(command, str) else json.dumps(command)
    (answer,) = (each for each in to.receive(text, now) if not isinstance(each, Select))
    return said(answer)


class TestCommands:
    def test_ping_is_answered(self) -> None:
        assert told(session(), PING) == {"type": "pong"}

    def test_subscribing_adds_and_the_answer_names_the_whole_set(self) -> None:
        one = session("alerts")
        answer = told(one, {"type": "subscribe", "topics": ["modules:a%62", "alerts"]})
        assert answer == {"type": "subscribed", "topics": ["alerts", "modules:ab"]}
        assert one.selection.chosen == parse_filters(["alerts", "modules:ab"])

    def test_the_hub_is_told_what_was_chosen_and_from_where(self) -> None:
        one = session("alerts")
        command = {"type": "subscribe", "topics": ["modules"], "after": "e-1f"}
        (effect,) = one.receive(json.dumps(command), 0)
        assert isinstance(effect, Resume)
        assert effect.selection == one.selection
        assert effect.topics == parse_filters(["modules"])
        assert effect.after == "e-1f"

    def test_one_replay_at_a_time(self) -> None:
        one = session("alerts")
        one.replaying = True
        command = {"type": "subscribe", "topics": ["modules"], "id": 1}
        answer = told(one, {**command, "after": "e-1"})
        assert (answer["code"], answer["retryable"], answer["id"]) == ("replaying", True, 1)
        assert one.selection.chosen == parse_filters(["alerts"])
        assert told(one, command)["type"] == "subscribed"

    def test_what_may_be_retried_is_no_bad_command(self) -> None:
        one = session("alerts")
        one.replaying = True
        command = {"type": "subscribe", "topics": ["modules"], "after": "e-1"}
        for _ in range(RULES.max_bad_commands + 1):
            assert told(one, command)["code"] == "replaying"

    def test_unsubscribing_removes_exactly_what_is_named(self) -> None:
        one = session("alerts", "alerts:Maison", "modules")
        answer = told(one, {"type": "unsubscribe", "topics": ["alerts", "actions"]})
        assert answer == {"type": "unsubscribed", "topics": ["alerts:Maison", "modules"]}
        effects = one.receive('{"type":"unsubscribe","topics":["alerts:Maison","modules"]}', 0)
        assert effects[0] == Select(Selection(frozenset(), Grant()))
        assert said(effects[1]) == {"type": "unsubscribed", "topics": []}

    @pytest.mark.parametrize("identifier", ["", "a" * 64, 0, -5, 2**53, 2**80, "é"])
    @pytest.mark.parametrize(
        "command",
        [
            {"type": "ping"},
            {"type": "subscribe", "topics": ["all"]},
            {"type": "unsubscribe", "topics": ["all"]},
            {"type": "subscribe", "topics": ["nothing"]},
            {"type": "subscribe", "topics": []},
            {"type": "dance"},
            {"topics": ["all"]},
        ],
    )
    def test_an_id_is_echoed_whatever_the_answer(self, command: Json, identifier: object) -> None:
        assert told(session(), {**command, "id": identifier})["id"] == identifier

    @pytest.mark.parametrize("command", [{"type": "ping"}, {"type": "dance"}])
    def test_without_one_none_is_made_up(self, command: Json) -> None:
        assert "id" not in told(session(), command)

    def test_members_that_are_not_known_are_ignored(self) -> None:
        assert told(session(), {"type": "ping", "later": [1]}) == {"type": "pong"}


class TestErrors:
    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "bad_request"),
            ("{", "bad_request"),
            ("ping", "bad_request"),
            ('{"type":"ping"}{}', "bad_request"),
            ("[]", "invalid"),
            ("null", "invalid"),
            ('"ping"', "invalid"),
            ("{}", "unknown_command"),
            ('{"type":null}', "unknown_command"),
            ('{"type":"Ping"}', "unknown_command"),
            ('{"type":5}', "invalid"),
            ('{"type":"ping","id":1.5}', "invalid"),
            ('{"type":"ping","id":true}', "invalid"),
            ('{"type":"ping","id":"' + "a" * 65 + '"}', "invalid"),
            ('{"type":"subscribe"}', "invalid"),
            ('{"type":"subscribe","topics":"all"}', "invalid"),
            ('{"type":"subscribe","topics":[]}', "invalid"),
            ('{"type":"subscribe","topics":[1]}', "invalid"),
            ('{"type":"subscribe","topics":["all"],"after":5}', "invalid"),
            ('{"type":"unsubscribe","topics":null}', "invalid"),
            ('{"type":"subscribe","topics":["secret"]}', "invalid_topic"),
            ('{"type":"unsubscribe","topics":["all:"]}', "invalid_topic"),
            ('{"type":"subscribe","topics":["alerts","modules:x"]}', "forbidden"),
            ('{"type":"subscribe","topics":["alerts:1","alerts:2","alerts:3","alerts:4"]}',
             "invalid"),
        ],
    )  # fmt: skip
    def test_each_has_its_code_and_changes_nothing(self, text: str, code: str) -> None:
        one = session("alerts", grant=Grant(parse_filters(["alerts", "modules:Maison"])))
        answer = told(one, text)
        assert answer["type"] == "error"
        assert (answer["code"], answer["retryable"]) == (code, False)
        assert one.selection.chosen == parse_filters(["alerts"])

    @given(st.text("abcXYZ'\"`\\\n", min_size=6))
    def test_none_repeats_what_was_said(self, word: str) -> None:
        for command in (
            {"type": word},
            {"type": "subscribe", "topics": [word]},
            {"type": "subscribe", "topics": word},
            {word: word},
        ):
            assert word not in told(session(), command)["message"]

    def test_after_so_many_in_a_row_it_is_over(self) -> None:
        one = session()
        for _ in range(2):
            assert told(one, BAD)["code"] == "unknown_command"
        complaint, close = one.receive(BAD, 0)
        assert said(complaint)["code"] == "unknown_command"
        assert close == Close(CloseCode.BAD_COMMANDS, "repeated bad commands")

    def test_a_good_one_starts_the_count_anew(self) -> None:
        one = session()
        for _ in range(3):
            assert len(one.receive(BAD, 100)) == len(one.receive(BAD, 100)) == 1
            assert told(one, PING, 100) == {"type": "pong"}

    def test_too_many_messages_close_it_and_say_for_how_long(self) -> None:
        one = session()
        assert all(told(one, PING, 7) == {"type": "pong"} for _ in range(10))
        assert one.receive(PING, 7) == [Close(CloseCode.TOO_MANY_MESSAGES, "retry_after=1")]


class TestDeadlines:
    def test_a_heartbeat_is_due_every_so_often(self) -> None:
        one = session()
        beats = [now for now in range(120) if one.tick(now, now) == [Heartbeat()]]
        assert beats == [25, 50, 75, 100]

    def test_one_that_is_late_does_not_come_twice(self) -> None:
        one = session()
        assert one.tick(90, 90) == [Heartbeat()]
        assert one.tick(91, 91) == []

    def test_silence_ends_it_and_any_frame_breaks_the_silence(self) -> None:
        one = session()
        assert one.tick(59.9, 0) == [Heartbeat()]
        assert one.tick(60, 0) == [Close(CloseCode.IDLE, "nothing was heard")]
        assert one.tick(60, 0.1) == []

    def test_the_tokens_end_is_its_end(self) -> None:
        one = session(expires_at=10, lifetime=10)
        assert one.tick(9.9, 9.9) == []
        assert one.tick(10, 10) == [Close(CloseCode.TOKEN_ENDED, "the token expired")]

    def test_a_minute_before_the_end_the_client_is_told_once(self) -> None:
        one = session(expires_at=900)
        told = [now for now in range(900) if Expiring() in one.tick(now, now)]
        assert told == [900 - WARNING]

    def test_who_comes_with_less_left_is_told_at_once(self) -> None:
        one = session(expires_at=20)
        assert one.tick(1, 1) == [Expiring()]
        assert one.tick(2, 2) == []

    def test_a_token_that_never_had_a_minute_is_its_holders_own_affair(self) -> None:
        one = session(expires_at=20, lifetime=WARNING)
        assert [due for now in range(20) for due in one.tick(now, now)] == []


class TestRenewal:
    def test_a_token_is_handed_on_to_be_verified(self) -> None:
        effects = session().receive('{"type":"auth","token":"a.b.c","id":3}', 0)
        assert effects == [Authenticate("a.b.c", 3)]

    def test_its_end_counts_from_then_on_be_it_later_or_earlier(self) -> None:
        one = session(expires_at=100)
        assert one.tick(50, 50) == [Expiring(), Heartbeat()]
        one.renew(Grant(), expires_at=1_000, lifetime=950)
        assert one.tick(101, 101) == [Heartbeat()]
        one.renew(Grant(), expires_at=102, lifetime=950)
        assert one.tick(102, 102) == [Close(CloseCode.TOKEN_ENDED, "the token expired")]

    def test_of_the_new_one_the_client_is_told_as_well(self) -> None:
        one = session(expires_at=30)
        assert one.tick(1, 1) == [Expiring()]
        one.renew(Grant(), expires_at=80, lifetime=900)
        assert one.tick(19, 19) == []
        assert one.tick(20, 20) == [Expiring()]

    def test_what_the_new_one_does_not_grant_is_not_subscribed_to_any_more(self) -> None:
        one = session("alerts", "measurements:Maison", "measurements:Bistrot")
        grant = Grant(parse_filters(["measurements:Maison"]))
        chosen = parse_filters(["measurements:Maison"])
        effects = one.renew(grant, expires_at=900, lifetime=900)
        assert effects == [Select(Selection(chosen, grant))]
        assert told(one, {"type": "subscribe", "topics": ["alerts"]})["code"] == "forbidden"

    def test_the_same_grant_changes_nothing(self) -> None:
        one = session("alerts", grant=Grant(parse_filters(["alerts"])))
        assert one.renew(Grant(parse_filters(["alerts"])), expires_at=9, lifetime=900) == []

    def test_tokens_that_do_not_verify_are_bad_commands(self) -> None:
        one = session()
        refused = UnauthenticatedError("the token is not valid here")
        for _ in range(RULES.max_bad_commands - 1):
            one.receive('{"type":"auth","token":"x"}', 0)
            (complaint,) = one.complain(refused, 7)
            assert (said(complaint)["code"], said(complaint)["id"]) == ("unauthenticated", 7)
        assert one.complain(refused, 7)[-1] == Close(
            CloseCode.BAD_COMMANDS, "repeated bad commands"
        )

    def test_a_limit_that_was_reached_says_which_and_for_how_long(self) -> None:
        error = LimitReachedError("too many requests", limit="handshake_rate_per_ip", retry_after=9)
        (complaint,) = session().complain(error, None)
        assert said(complaint) == {
            "type": "error", "code": "rate_limited", "message": "too many requests",
            "retryable": True, "limit": "handshake_rate_per_ip", "retry_after": 9,
        }  # fmt: skip


commands = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["subscribe", "unsubscribe", "ping", "x"]) | st.integers(),
        "topics": st.lists(st.sampled_from(["all", "alerts:a", "x"]) | st.text(), max_size=5),
        "after": st.text(max_size=70) | st.integers(),
        "id": st.integers() | st.floats() | st.text(max_size=70),
    },
)


@given(st.text() | commands.map(json.dumps))
@example('{"type":"ping","id":' + "9" * 5_000 + "}")
@example("[" * 60_000)
@example('{"type":' * 8_000)
@example('"\ud800"')
@example('{"type":"ping","id":"\\ud800"}')
def test_any_text_is_answered_and_never_a_fault(text: str) -> None:
    one = session("alerts")
    (answer,) = (each for each in one.receive(text, 0) if not isinstance(each, Select))
    assert said(answer)["type"] in {"pong", "subscribed", "unsubscribed", "error"}
    assert json.dumps(said(answer))
    assert all(isinstance(each, TopicFilter) for each in one.selection.chosen)
    assert len(one.selection.chosen) <= RULES.max_topics

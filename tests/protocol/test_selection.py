"""What a token grants and what a connection chooses within it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import ForbiddenError
from app.model import RoutingKey, Topic
from app.protocol.session import admitted
from app.protocol.topics import NAMES, Grant, Selection, TopicFilter, parse_filters

places = st.sampled_from(["Maison", "Bureau"])
sensors = st.sampled_from(["s1", "s2"])
keys = st.builds(
    RoutingKey,
    st.sampled_from(list(Topic)),
    st.none() | places,
    st.none() | places,
    st.none() | sensors,
)
filters = st.one_of(
    st.builds(TopicFilter, st.sampled_from(NAMES)),
    st.builds(TopicFilter, st.sampled_from(NAMES), places),
    st.builds(TopicFilter, st.sampled_from(NAMES), places, places),
)
grants = st.builds(
    Grant,
    st.none() | st.frozensets(filters, max_size=3),
    st.none() | st.frozensets(sensors, max_size=2),
)

HERE = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "s1")


class TestGrant:
    @given(keys)
    def test_a_token_without_claims_lets_everything_through(self, key: RoutingKey) -> None:
        assert Grant().allows(key)

    def test_topics_narrow_it_to_what_one_of_them_matches(self) -> None:
        grant = Grant(topics=parse_filters(["alerts", "measurements:Maison"]))
        assert grant.allows(HERE)
        assert grant.allows(RoutingKey(Topic.ALERTS, "Ailleurs"))
        assert not grant.allows(RoutingKey(Topic.MEASUREMENTS, "Ailleurs"))

    def test_sensors_narrow_it_to_what_names_one_of_them(self) -> None:
        grant = Grant(sensors=frozenset({"s1"}))
        assert grant.allows(HERE)
        assert not grant.allows(RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "s2"))

    @pytest.mark.parametrize("topic", list(Topic))
    def test_what_names_no_sensor_is_shut_out_by_sensors(self, topic: Topic) -> None:
        grant = Grant(topics=parse_filters(["all"]), sensors=frozenset({"s1"}))
        assert not grant.allows(RoutingKey(topic, "Maison", "Bureau", None))

    @given(keys)
    def test_empty_claims_let_nothing_through(self, key: RoutingKey) -> None:
        assert not Grant(topics=frozenset()).allows(key)
        assert not Grant(sensors=frozenset()).allows(key)

    @given(grants, filters, keys)
    def test_what_a_grant_does_not_reach_it_never_shows(
        self, grant: Grant, chosen: TopicFilter, key: RoutingKey
    ) -> None:
        if chosen.matches(key) and grant.allows(key):
            assert grant.reaches(chosen)


class TestSelection:
    @given(st.frozensets(filters, max_size=3), grants, keys)
    def test_it_shows_what_is_both_chosen_and_granted(
        self, chosen: frozenset[TopicFilter], grant: Grant, key: RoutingKey
    ) -> None:
        expected = any(each.matches(key) for each in chosen) and grant.allows(key)
        assert Selection(chosen, grant).matches(key) == expected

    def test_who_chooses_nothing_sees_nothing(self) -> None:
        assert not Selection(frozenset(), Grant()).matches(HERE)

    def test_equal_ones_are_one_audience(self) -> None:
        one, other = (
            Selection(parse_filters(texts), Grant(parse_filters(["all"]), frozenset({"s1"})))
            for texts in (["alerts", "all:a%62"], ["all:ab", "alerts"])
        )
        assert one == other
        assert hash(one) == hash(other)


class TestAdmission:
    def test_all_is_admitted_to_whom_anything_is_granted(self) -> None:
        chosen = parse_filters(["all"])
        assert admitted(chosen, Grant(parse_filters(["alerts:Maison/Bureau"]))) == chosen

    def test_one_topic_out_of_reach_refuses_the_whole_command(self) -> None:
        grant = Grant(parse_filters(["alerts:Maison"]))
        assert admitted(parse_filters(["alerts", "alerts:Maison/Bureau"]), grant)
        for text in ("measurements", "alerts:Ailleurs", "all:Ailleurs"):
            with pytest.raises(ForbiddenError):
                admitted(parse_filters(["alerts", text]), grant)

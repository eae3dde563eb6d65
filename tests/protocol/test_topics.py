"""Topic filters: how they are written, and what they match."""

from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.model import RoutingKey, Topic
from app.protocol.topics import (
    ALL,
    MAX_FILTER_LENGTH,
    NAMES,
    InvalidTopicError,
    TopicFilter,
    parse_filters,
    written,
)

# few places, so that they meet; "all" and "None" among them, since neither means anything there
places = st.sampled_from(["Maison", "Bureau", "all", "None"])
topics = st.sampled_from(list(Topic))
keys = st.builds(RoutingKey, topics, st.none() | places, st.none() | places, st.none() | places)
filters = st.one_of(
    st.builds(TopicFilter, st.sampled_from(NAMES)),
    st.builds(TopicFilter, st.sampled_from(NAMES), places),
    st.builds(TopicFilter, st.sampled_from(NAMES), places, places),
)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)


class TestWriting:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("measurements", TopicFilter("measurements")),
            ("all", TopicFilter("all")),
            ("alerts:Maison", TopicFilter("alerts", "Maison")),
            ("all:Maison/Bureau", TopicFilter("all", "Maison", "Bureau")),
            ("modules:Caf%C3%A9%20n%C2%B01/R%2FC", TopicFilter("modules", "Café n°1", "R/C")),
            ("modules:Café n°1", TopicFilter("modules", "Café n°1")),
            ("actions:a:b", TopicFilter("actions", "a:b")),
            ("actions:1+1", TopicFilter("actions", "1+1")),
        ],
    )
    def test_a_topic_is_a_name_an_enseigne_and_a_salle(
        self, text: str, expected: TopicFilter
    ) -> None:
        assert TopicFilter.parse(text) == expected

    def test_there_are_six_names_in_the_documented_order(self) -> None:
        assert NAMES == ("measurements", "predictions", "actions", "alerts", "modules", "all")

    @pytest.mark.parametrize(
        "text", ["", "Measurements", " all", "all ", "acme:all", "measurement"]
    )
    def test_other_names_are_refused(self, text: str) -> None:
        with pytest.raises(InvalidTopicError):
            TopicFilter.parse(text)

    @pytest.mark.parametrize(
        "text",
        ["all:", "all:/", "all:/Bureau", "all:Maison/", "all:a/b/c", "all:a//b"],
    )
    def test_no_part_is_empty_and_there_are_two_at_most(self, text: str) -> None:
        with pytest.raises(InvalidTopicError):
            TopicFilter.parse(text)

    @pytest.mark.parametrize("part", ["%", "100%", "%2", "%zz", "%C3", "%ff", "\ud800"])
    def test_a_part_that_is_badly_encoded_is_refused(self, part: str) -> None:
        with pytest.raises(InvalidTopicError):
            TopicFilter.parse(f"all:{part}")

    @pytest.mark.parametrize("part", ["%00", "a%0A", "a\n", "%7F"])
    def test_a_part_that_no_name_can_be_is_refused(self, part: str) -> None:
        with pytest.raises(InvalidTopicError):
            TopicFilter.parse(f"all:{part}")

    def test_canonical_form_encodes_what_javascript_encodes(self) -> None:
        kept = "AZaz09-_.!~*'()"
        assert str(TopicFilter("all", kept, "é/ :%")) == f"all:{kept}/%C3%A9%2F%20%3A%25"

    @given(st.sampled_from(NAMES), words, words)
    def test_canonical_form_means_the_same(self, name: str, enseigne: str, salle: str) -> None:
        written_by_a_browser = f"{name}:{quote(enseigne, safe='')}/{quote(salle, safe='')}"
        chosen = TopicFilter.parse(written_by_a_browser)
        assert chosen == TopicFilter(name, enseigne, salle)
        assert TopicFilter.parse(str(chosen)) == chosen

    @given(st.text(max_size=MAX_FILTER_LENGTH) | st.text().map("all:{}".format))
    @example("all:" + "é" * 90)
    @example("all:" + "é" * 100)
    def test_any_text_is_a_topic_that_can_be_sent_again_or_refused(self, text: str) -> None:
        try:
            chosen = TopicFilter.parse(text)
        except InvalidTopicError:
            return
        assert TopicFilter.parse(str(chosen)) == chosen

    def test_a_topic_is_bounded_as_sent_and_as_shown(self) -> None:
        longest = "all:" + "a" * (MAX_FILTER_LENGTH - 4)
        assert str(TopicFilter.parse(longest)) == longest
        for too_long in (longest + "a", "all:" + "é" * 85):  # 85 times %C3%A9 is 510
            with pytest.raises(InvalidTopicError):
                TopicFilter.parse(too_long)

    def test_equal_sets_look_equal_on_the_wire(self) -> None:
        one = parse_filters(["modules", "alerts:a%62", "alerts:ab"])
        assert written(one) == ["alerts:ab", "modules"]


class TestMatching:
    def test_a_topic_sees_its_publications_at_its_place(self) -> None:
        key = RoutingKey(Topic.ALERTS, "Maison", "Bureau")
        for text in ("all", "alerts", "alerts:Maison", "alerts:Maison/Bureau", "all:Maison"):
            assert TopicFilter.parse(text).matches(key)
        for text in ("actions", "alerts:Bureau", "alerts:maison", "all:Maison/Salon"):
            assert not TopicFilter.parse(text).matches(key)

    def test_a_narrowed_topic_does_not_see_what_has_no_place(self) -> None:
        assert not TopicFilter.parse("alerts:Maison").matches(RoutingKey(Topic.ALERTS))

    def test_a_place_named_all_is_no_wildcard(self) -> None:
        everywhere = TopicFilter.parse("measurements:all")
        assert everywhere.matches(RoutingKey(Topic.MEASUREMENTS, "all"))
        assert not everywhere.matches(RoutingKey(Topic.MEASUREMENTS, "Maison"))
        assert not everywhere.overlaps(TopicFilter.parse("measurements:Maison"))

    @given(filters, keys)
    def test_all_matches_whatever_a_topic_does(self, chosen: TopicFilter, key: RoutingKey) -> None:
        if chosen.matches(key):
            assert TopicFilter(ALL, chosen.enseigne, chosen.salle).matches(key)
        assert TopicFilter(ALL).matches(key)

    @given(filters, filters)
    def test_two_overlap_when_some_publication_matches_both(
        self, one: TopicFilter, other: TopicFilter
    ) -> None:
        # a narrowed filter names its places, so a witness has one of the names in use or another
        enseignes = {one.enseigne, other.enseigne, "elsewhere"}
        salles = {one.salle, other.salle, "elsewhere"}
        witnesses = (
            RoutingKey(topic, enseigne, salle)
            for topic in Topic
            for enseigne in enseignes
            for salle in salles
        )
        shared = any(one.matches(key) and other.matches(key) for key in witnesses)
        assert one.overlaps(other) == other.overlaps(one) == shared

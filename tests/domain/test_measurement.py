"""A measurement, from a device's body to the documented message."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.measurement import MEMBERS, WrongTenantError, draft, parse
from app.errors import BadRequestError, GatewayError, InvalidInputError
from app.iaq.message import measurement_head
from app.iaq.quantities import QUANTITIES
from app.model import BACKLOG_MS, RoutingKey, Topic
from app.storage.base import Draft

TIME_MS = 1_763_546_700_000  # 2025-11-19T10:05:00Z
RECEIVED_MS = TIME_MS + 1_234
BODY: dict[str, Any] = {
    "sensor_id": "bureau1",
    "enseigne": "Maison",
    "salle": "Bureau",
    "timestamp": "2025-11-19T10:05:00Z",
    "values": {"CO2": 645, "PM25": 12, "TVOC": 0.2, "Temperature": 22.3, "Humidity": 45},
}
DOCUMENTED = {
    "type": "measurement",
    "timestamp": "2025-11-19T10:05:00Z",
    "sensor_id": "bureau1",
    "enseigne": "Maison",
    "salle": "Bureau",
    "values": {"CO2": 645, "PM25": 12, "TVOC": 0.2, "Temperature": 22.3, "Humidity": 45},
    "co2": 645,
    "pm25": 12,
    "tvoc": 0.2,
    "temperature": 22.3,
    "humidity": 45,
    "global_score": 85,
}


def drafted(**changes: Any) -> Draft:
    measurement = parse(json.dumps({**BODY, **changes}).encode(), "acme")
    return draft(measurement, "acme", TIME_MS, RECEIVED_MS)


def message(**changes: Any) -> dict[str, Any]:
    """What goes out, but for the position, which only the store knows."""
    content: dict[str, Any] = json.loads(drafted(**changes).head + b"}")
    return content


def refusal(body: bytes) -> GatewayError:
    with pytest.raises(GatewayError) as refused:
        draft(parse(body, "acme"), "acme", TIME_MS, RECEIVED_MS)
    return refused.value


class TestMessage:
    def test_the_documented_example_gives_the_documented_message(self) -> None:
        sent = message()
        assert {name: sent[name] for name in DOCUMENTED} == DOCUMENTED
        assert list(sent)[: len(DOCUMENTED)] == list(DOCUMENTED)

    def test_it_says_besides_how_good_that_is_and_when_it_came(self) -> None:
        added = {name: value for name, value in message().items() if name not in DOCUMENTED}
        assert added == {"global_level": "good", "received_at": "2025-11-19T10:05:01.234Z"}

    def test_one_that_came_more_than_five_minutes_late_is_marked_as_backlog(self) -> None:
        measurement = parse(json.dumps(BODY).encode(), "acme")
        for late_ms, marked in ((-1, False), (BACKLOG_MS, False), (BACKLOG_MS + 1, True)):
            head = draft(measurement, "acme", TIME_MS, TIME_MS + late_ms).head
            assert (b',"backlog":true,"received_at":' in head) == marked

    def test_whole_numbers_stay_whole(self) -> None:
        assert b'"CO2":645,' in drafted().head
        assert b'"co2":645,' in drafted().head

    def test_known_quantities_are_recognised_in_any_case(self) -> None:
        values = {"co2": 645, "Pm25": 12, "tVOC": 0.2, "TEMPERATURE": 22.3, "humidity": 45}
        assert message(values=values) == message()

    def test_a_subset_is_scored_on_what_it_has(self) -> None:
        assert message(values={"CO2": 400})["global_score"] == 100
        assert message(values={"CO2": 180})["co2"] == 180

    def test_further_quantities_pass_and_are_not_scored(self) -> None:
        sent = message(values={"Radon-222": 40.5})
        assert sent["values"] == {"Radon-222": 40.5}
        assert sent["radon-222"] == 40.5
        assert sent["global_score"] is None
        assert sent["global_level"] is None

    def test_it_is_routed_by_place_and_sensor(self) -> None:
        expected = RoutingKey(Topic.MEASUREMENTS, "Maison", "Bureau", "bureau1")
        assert drafted().key == expected


class TestRefusals:
    @pytest.mark.parametrize("name", ["sensor_id", "enseigne", "salle", "values"])
    def test_four_members_are_required(self, name: str) -> None:
        body = {member: value for member, value in BODY.items() if member != name}
        assert name in refusal(json.dumps(body).encode()).message

    @pytest.mark.parametrize("name", ["sensor_id", "enseigne", "salle"])
    @pytest.mark.parametrize(
        "value", ["", "a" * 129, "a\nb", "line\n", "nul\x00", "\x7f", None, 5, ["a"]]
    )
    def test_a_name_is_1_to_128_characters_none_of_them_control(
        self, name: str, value: object
    ) -> None:
        error = refusal(json.dumps({**BODY, name: value}).encode())
        assert error.details == {"field": name}

    @pytest.mark.parametrize("bad", [{"sensor_id": "a\nb"}, {"values": {"2nd": 1}}])
    def test_a_bad_name_is_told_the_same_each_time(self, bad: dict[str, Any]) -> None:
        first, again = (refusal(json.dumps({**BODY, **bad}).encode()) for _ in range(2))
        assert (again.code, again.message, again.details) == (
            first.code, first.message, first.details,
        )  # fmt: skip

    @pytest.mark.parametrize(
        "name", ["", "2nd", "_x", "CO2\n", "a b", "é", "a" * 65, "__proto__", "a/b"]
    )
    def test_a_quantity_has_a_plain_name(self, name: str) -> None:
        error = refusal(json.dumps({**BODY, "values": {name: 1}}).encode())
        assert error.details == {"field": "values"}

    @pytest.mark.parametrize("count", [0, 65])
    def test_there_are_1_to_64_values(self, count: int) -> None:
        values = {f"q{number}": number for number in range(count)}
        error = refusal(json.dumps({**BODY, "values": values}).encode())
        assert error.details == {"field": "values"}

    @pytest.mark.parametrize(
        "number",
        ["1e999", "-1e999", "1" + "0" * 400, "-" + "9" * 30, "1000000001", "1e9001", "true",
         "false", "null", '"645"', "[1]", "{}"],
    )  # fmt: skip
    def test_a_value_is_a_finite_number_within_a_billion(self, number: str) -> None:
        body = json.dumps({**BODY, "values": {"CO2": 1}}).replace(": 1}", f": {number}}}")
        error = refusal(body.encode())
        assert isinstance(error, InvalidInputError)
        assert error.details == {"field": "values[...]"}

    @pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "01", "+1", "0x1", "1."])
    def test_what_json_does_not_know_as_a_number_is_a_bad_request(self, number: str) -> None:
        body = json.dumps({**BODY, "values": {"CO2": 1}}).replace(": 1}", f": {number}}}")
        assert type(refusal(body.encode())) is BadRequestError

    def test_a_lone_surrogate_is_a_bad_request(self) -> None:
        assert type(refusal(json.dumps({**BODY, "salle": "\ud800"}).encode())) is BadRequestError

    def test_an_unknown_member_is_refused_since_it_would_be_lost(self) -> None:
        assert isinstance(refusal(json.dumps({**BODY, "co2": 645}).encode()), InvalidInputError)

    @pytest.mark.parametrize(
        "values", [{"CO2": 1, "co2": 2}, {"radon": 1, "Radon": 1}, {"pM25": 1, "Pm25": 1}]
    )
    def test_two_names_of_one_quantity_are_refused(self, values: dict[str, int]) -> None:
        assert refusal(json.dumps({**BODY, "values": values}).encode()).details == {
            "field": "values"
        }

    @pytest.mark.parametrize("name", [*sorted(MEMBERS), "Type", "VALUES", "Position"])
    def test_a_quantity_cannot_take_the_place_of_a_member(self, name: str) -> None:
        assert refusal(json.dumps({**BODY, "values": {name: 1}}).encode()).details == {
            "field": "values"
        }

    def test_every_member_of_the_message_is_reserved(self) -> None:
        flat = {quantity.flat for quantity in QUANTITIES}
        assert set(message()) - flat <= MEMBERS

    def test_a_stated_tenant_has_to_be_the_tokens(self) -> None:
        assert "tenant" not in message(tenant="acme")
        assert isinstance(
            refusal(json.dumps({**BODY, "tenant": "other"}).encode()), WrongTenantError
        )


class TestReading:
    """What is kept of a measurement; the message is written from it again."""

    def test_the_message_is_what_its_reading_gives(self) -> None:
        sent = drafted(values={**BODY["values"], "NO2": 4, "Lux": 12.5})
        assert sent.reading is not None
        times_ms = (TIME_MS, RECEIVED_MS)
        reading = sent.reading
        assert sent.head == measurement_head(sent.key, reading.values, times_ms, reading.score)

    def test_the_same_values_are_the_same_however_they_are_written(self) -> None:
        values = {"HUMIDITY": 45.0, "tvoc": 0.2, "CO2": 645.0, "pm25": 12, "Temperature": 22.3}
        assert drafted(values=values) == drafted()
        assert drafted(values=values).head == drafted().head


CANARY = "Xq7canary"
odd = st.text(st.sampled_from("a \n\x00`'\"$.é\\"), max_size=8)
canaries = st.builds(lambda before, after: before + CANARY + after, odd, odd)
spots = st.sampled_from([*BODY, "member", "quantity", "number"])


@given(canaries, spots, st.sampled_from([None, 5, [], {}, True]))
def test_no_refusal_repeats_its_input(canary: str, spot: str, wrong: object) -> None:
    special: dict[str, dict[str, Any]] = {
        "member": {canary: 1},
        "quantity": {"values": {canary: 1}},
        "number": {"values": {"CO2": canary}},
    }
    changes = special.get(spot, {spot: canary})
    body = json.dumps({**BODY, **changes, "tenant": wrong}).encode()
    for sent in (body, json.dumps({**BODY, **changes}).encode()):
        error = _refused(sent)
        assert error is None or CANARY not in f"{error.message} {error.details}"


def _refused(body: bytes) -> GatewayError | None:
    try:
        draft(parse(body, "acme"), "acme", TIME_MS, RECEIVED_MS)
    except GatewayError as error:
        return error
    return None


@given(st.binary(max_size=200))
def test_any_bytes_are_refused_with_an_error_of_ours(body: bytes) -> None:
    assert _refused(body) is not None


SPECIFICATION = Path(__file__).parents[2] / "docs" / "protocol.md"


def test_the_protocol_page_shows_this_very_message() -> None:
    page = SPECIFICATION.read_text()
    shown = page[page.index("### 4.4") :].split("```json\n", 1)[1].split("```", 1)[0]
    assert json.loads(shown) | {"received_at": "…", "position": "…"} == {
        **message(),
        "received_at": "…",
        "position": "…",
    }

"""Bodies of many measurements, cut into items."""

import json

import pytest

from app.domain.batches import array, lines
from app.domain.measurement import parse
from app.errors import BadRequestError, GatewayError, TooLargeError
from tests.domain.test_measurement import BODY


class TestArray:
    def test_an_object_is_no_batch(self) -> None:
        assert array(b" \n{}", 10) is None
        assert array(b"", 10) is None
        assert array(b" \n[]", 10) == []

    def test_it_is_bounded(self) -> None:
        assert len(array(b"[1,2]", 2) or ()) == 2
        with pytest.raises(TooLargeError):
            array(b"[1,2,3]", 2)

    @pytest.mark.parametrize("body", [b"[", b"[1,]", b"[NaN]", b"[1] x", b'[{"\xff":1}]'])
    def test_what_is_no_json_is_refused_as_a_whole_or_by_item(self, body: bytes) -> None:
        try:
            items = array(body, 10)
        except BadRequestError:
            return
        for each in items or ():
            with pytest.raises(GatewayError):
                parse(each, "acme")


class TestLines:
    def test_one_measurement_a_line_however_lines_end_and_blank_ones_are_none(self) -> None:
        assert lines(b'{"a":1}\n{"b":2}', 10) == [b'{"a":1}', b'{"b":2}']
        assert lines(b'\n{"a":1}\r\n \t\r\n{"b":2}\n\n', 10) == [b'{"a":1}\r', b'{"b":2}']
        assert lines(b"", 10) == []

    def test_it_is_bounded(self) -> None:
        assert len(lines(b"1\n2\n", 2)) == 2
        with pytest.raises(TooLargeError):
            lines(b"1\n2\n3", 2)

    def test_a_line_is_a_measurement(self) -> None:
        (line,) = lines(json.dumps(BODY).encode() + b"\r\n", 10)
        assert parse(line, "acme").sensor_id == "bureau1"

    @pytest.mark.parametrize(
        "line", [b'{"sensor_id":', b'{"values":', b'{"values":{"CO2":', b'{"timestamp":', b""]
    )
    @pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
    def test_one_that_nests_for_ever_is_refused_at_once(self, line: bytes, bracket: bytes) -> None:
        with pytest.raises(GatewayError):
            parse(line + bracket * 50_000, "acme")

"""What the load client sends is what servers expect, and carries one stamp where it should."""

import json

from websockets.frames import Frame, Opcode
from websockets.protocol import CLIENT, OPEN, SERVER, Protocol, Side

from bench import ages, wire
from bench.wire import BINARY, TEXT, client_frame, server_frame


def read(frames: bytes, side: Side) -> list[Frame]:
    """The frames as another implementation reads them, on the side of whoever receives."""
    protocol = Protocol(side, state=OPEN, max_size=None)
    protocol.receive_data(frames)
    return [event for event in protocol.events_received() if isinstance(event, Frame)]


def test_records_are_byte_strings_after_their_length() -> None:
    assert wire.records([b"ab", b""]) == b"\x02\0\0\0ab\0\0\0\0"


def test_frames_of_every_length_are_read_as_they_were_meant() -> None:
    for length in (0, 125, 126, 65_535, 65_536):
        payload = b"x" * length
        (seen,) = read(client_frame(payload, BINARY), SERVER)
        assert (seen.opcode, bytes(seen.data)) == (Opcode.BINARY, payload)
        (seen,) = read(server_frame(payload, TEXT), CLIENT)
        assert (seen.opcode, bytes(seen.data)) == (Opcode.TEXT, payload)


def test_what_a_client_frame_holds_can_be_changed_where_it_stands() -> None:
    frame = bytearray(client_frame(wire.message(), BINARY))
    ages.write_stamps(frame, ages.stamps(bytes(frame)), 5)
    (seen,) = read(bytes(frame), SERVER)
    assert json.loads(bytes(seen.data))["t"] == ages.FIRST + 5


def test_a_request_says_how_long_its_body_is() -> None:
    head, _, body = wire.post("/publish", b"{}", [("X-Key", "v")]).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /publish HTTP/1.1"
    assert {b"Content-Length: 2", b"X-Key: v"} <= set(lines)
    assert body == b"{}"


def test_a_message_has_one_stamp_and_the_documented_members() -> None:
    message = wire.message()
    assert len(ages.stamps(message)) == 1
    known = {"type", "timestamp", "sensor_id", "values", "co2", "global_score", "position"}
    assert known <= json.loads(message).keys()


def test_a_measurement_is_stamped_under_the_name_that_becomes_the_mark() -> None:
    measurement = wire.measurement("s1")
    (place,) = ages.stamps(measurement)
    assert measurement[:place].endswith(b'"T":')


def test_mqtt_lengths_continue_past_127() -> None:
    packet = wire.mqtt_publish("iaq", b"x" * 200)
    assert packet[:3] == bytes((0x30, 0x80 | (205 & 0x7F), 205 >> 7))
    assert packet[3:] == b"\x00\x03iaq" + b"x" * 200

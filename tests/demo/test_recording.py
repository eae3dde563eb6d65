import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.demo.columns import RecordingError
from app.demo.recording import Recording, Row, read_recording

RECORDINGS = Path(
    os.environ.get("IAQ_RECORDINGS", Path(__file__).parents[2].parent / "shared" / "data")
)

needs_recordings = pytest.mark.skipif(
    not RECORDINGS.is_dir(),
    reason=f"the recordings are not at {RECORDINGS}: IAQ_RECORDINGS says another folder",
)


def read(tmp_path: Path, text: str, **options: object) -> Recording:
    path = tmp_path / "recording.csv"
    path.write_bytes(text.encode())
    return read_recording(path, **options)  # type: ignore[arg-type]  # passed on as they are


def at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def test_offsets_are_believed_across_the_clock_change(tmp_path: Path) -> None:
    text = (
        "timestamp,CO2\n"
        "2022-10-30T02:30:00+0100,2\n"
        "2022-10-30T02:30:00+0200,1\n"
        "2022-10-30T01:30:00+0200,0\n"
    )
    recording = read(tmp_path, text)
    assert [row.values["CO2"] for row in recording.rows] == [0, 1, 2]
    assert recording.rows[2].at - recording.rows[1].at == 3600
    assert recording.without_zone == 0


@pytest.mark.parametrize(
    ("zone", "utc"), [(None, "17:51"), (UTC, "17:51"), (ZoneInfo("Europe/Brussels"), "16:51")]
)
def test_a_time_without_zone_is_local_to_the_zone_given(
    tmp_path: Path, zone: ZoneInfo | None, utc: str
) -> None:
    recording = read(tmp_path, "date,CO2\n2015-02-04 17:51:00,721.25\n", zone=zone)
    assert recording.rows == (Row(2, at(f"2015-02-04T{utc}:00+00:00"), {"CO2": 721.25}),)
    assert recording.without_zone == 1


def test_a_header_one_name_short_means_an_index_column(tmp_path: Path) -> None:
    text = '"date","Temperature","CO2"\r\n"1","2015-02-04 17:51:00",23.18,721.25\r\n'
    assert read(tmp_path, text).rows[0].values == {"Temperature": 23.18, "CO2": 721.25}


def test_a_byte_order_mark_and_quotes_are_no_part_of_a_name(tmp_path: Path) -> None:
    text = '\ufeff"timestamp","CO2"\n"2022-10-12T16:13:00Z","543.0"\n'
    assert read(tmp_path, text).rows[0].values == {"CO2": 543}


def test_a_fraction_becomes_percent_without_a_tail_of_digits(tmp_path: Path) -> None:
    text = "timestamp,rel_humidity__0\n2022-10-12T16:13:00Z,0.57\n2022-10-12T16:14:00Z,0.291\n"
    assert [row.values["Humidity"] for row in read(tmp_path, text).rows] == [57, 29.1]


def test_empty_cells_are_left_out_and_a_zero_is_kept(tmp_path: Path) -> None:
    text = "timestamp,CO2,Temperature\n2022-10-12T16:13:00Z,0.0,\n2022-10-12T16:14:00Z,NaN, 20\n"
    assert [row.values for row in read(tmp_path, text).rows] == [{"CO2": 0}, {"Temperature": 20}]


def test_repeated_times_stay_in_the_order_of_the_file(tmp_path: Path) -> None:
    text = "timestamp,CO2\n2022-10-12T16:13:00Z,2\n2022-10-12T16:13:00Z,1\n"
    assert [row.values["CO2"] for row in read(tmp_path, text).rows] == [2, 1]


def test_every_row_left_out_is_named_with_its_reason(tmp_path: Path) -> None:
    text = (
        "timestamp,CO2,door\n"
        "2022-10-12T16:13:00Z,500,\n"
        "2022-10-12T16:14:00Z,,1\n"
        "2022-10-12T16:15:00Z,many,\n"
        "2022-10-12T16:15:30Z,inf,\n"
        "yesterday,500,\n"
        ",500,\n"
        "0001-01-01T00:00:00+14:00,500,\n"
        "2022-10-12T16:16:00Z,500\n"
        "2022-10-12T16:17:00Z,500,,\n"
        "\n"
    )
    recording = read(tmp_path, text)
    assert len(recording.rows) == 1
    assert [(each.line, each.reason) for each in recording.skipped] == [
        (3, "no_value"),
        (4, "bad_number"),
        (5, "bad_number"),
        (6, "bad_time"),
        (7, "bad_time"),
        (8, "bad_time"),
        (9, "malformed"),
        (10, "malformed"),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"timestamp,CO2\n\xff\xfe\n", "not UTF-8"),
        (b'timestamp,CO2\n"' + b"9" * 200_000, "not CSV"),
    ],
)
def test_a_file_that_is_no_recording_says_why(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "recording.csv"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=reason):
        read_recording(path)


def test_a_header_alone_is_an_empty_recording(tmp_path: Path) -> None:
    assert read(tmp_path, "timestamp,CO2\n").rows == ()


@needs_recordings
@pytest.mark.parametrize(
    ("name", "rows", "skipped", "without_zone", "quantities"),
    [
        ("b4b_room_917810", 36_602, {"no_value": 1_011}, 0, {"CO2", "Humidity", "Temperature"}),
        ("b4b_room_925038", 4_532, {"no_value": 169}, 0, {"CO2", "Humidity", "Temperature"}),
        ("b4b_room_999169", 37_418, {"no_value": 2_745}, 0, {"CO2", "Humidity", "Temperature"}),
        ("occupancy_datatraining", 8_143, {}, 8_143, {"CO2", "Humidity", "Temperature"}),
    ],
)
def test_the_real_recordings_are_read_whole(
    name: str, rows: int, skipped: dict[str, int], without_zone: int, quantities: set[str]
) -> None:
    recording = read_recording(RECORDINGS / f"{name}.csv")
    assert len(recording.rows) == rows
    assert Counter(each.reason for each in recording.skipped) == skipped
    assert recording.without_zone == without_zone
    assert {quantity for row in recording.rows for quantity in row.values} == quantities
    times = [row.at for row in recording.rows]
    assert times == sorted(times)
    humidity = [row.values["Humidity"] for row in recording.rows if "Humidity" in row.values]
    assert 10 < max(humidity) <= 100


@needs_recordings
def test_their_faults_are_kept_for_the_gateway_to_judge() -> None:
    recording = read_recording(RECORDINGS / "b4b_room_917810.csv")
    co2 = [row.values["CO2"] for row in recording.rows]
    assert co2.count(0) == 21
    assert sum(0 < value < 400 for value in co2) > 0
    assert len({row.at for row in recording.rows}) < len(recording.rows)
    partial = read_recording(RECORDINGS / "b4b_room_925038.csv")
    assert sum("Humidity" not in row.values for row in partial.rows) == 671


@needs_recordings
def test_a_file_of_rooms_is_no_recording() -> None:
    with pytest.raises(RecordingError):
        read_recording(RECORDINGS / "b4b_rooms.csv")

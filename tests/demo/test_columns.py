import pytest

from app.demo.columns import Column, RecordingError, find_columns


def test_the_documented_names_are_found_in_any_case_and_order() -> None:
    columns = find_columns(["Temperature", "Date", "co2", "Light", "HUMIDITY"])
    assert columns.time == 1
    assert columns.values == (
        Column("Temperature", 0, 1),
        Column("CO2", 2, 1),
        Column("Humidity", 4, 1),
    )


def test_the_recordings_names_are_known_and_humidity_is_a_fraction() -> None:
    columns = find_columns(["id", "timestamp", "co2__ppm", "rel_humidity__0", "temp_in__degC"])
    assert columns.values == (
        Column("CO2", 2, 1),
        Column("Humidity", 3, 100),
        Column("Temperature", 4, 1),
    )


def test_a_humidity_ratio_is_no_humidity() -> None:
    columns = find_columns(["date", "Humidity", "HumidityRatio"])
    assert columns.values == (Column("Humidity", 1, 1),)


def test_a_map_replaces_what_the_names_say() -> None:
    header = ["when", "CO2", "carbon", "rh", "rel_humidity__0"]
    columns = find_columns(header, "co2=carbon, Humidity = rh*100, NOx=CO2, timestamp=when")
    assert columns.time == 0
    assert columns.values == (Column("CO2", 2, 1), Column("Humidity", 3, 100), Column("NOx", 1, 1))


def test_a_mapped_column_that_is_known_keeps_its_unit() -> None:
    columns = find_columns(["timestamp", "rel_humidity__0"], "Humidity=rel_humidity__0")
    assert columns.values == (Column("Humidity", 1, 100),)


@pytest.mark.parametrize(
    ("header", "wanted", "reason"),
    [
        (["timestamp", "x"], None, "no column is known"),
        (["CO2"], None, "no column of times"),
        (["timestamp", "CO2", "co2__ppm"], None, "two columns are CO2"),
        (["timestamp", "CO2"], "CO2=missing", "no single column missing"),
        (["timestamp", "a", "a"], "CO2=a", "no single column a"),
        (["timestamp", "a"], "CO2=a,co2=a", "names CO2 twice"),
        (["timestamp", "a"], "CO2", "written like"),
        (["timestamp", "a"], "=a", "written like"),
        (["timestamp", "a"], "CO2=a*much", "factor is a number"),
        (["timestamp", "a"], "timestamp=a", "no column is known"),
    ],
)
def test_a_file_or_map_that_does_not_fit_says_why(
    header: list[str], wanted: str | None, reason: str
) -> None:
    with pytest.raises(RecordingError, match=reason):
        find_columns(header, wanted)

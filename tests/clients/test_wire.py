import pytest
from iaqverse.wire import Place, measurement, timestamp


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (1_763_546_700, "2025-11-19T10:05:00Z"),
        (1_763_546_700.25, "2025-11-19T10:05:00.250Z"),
        (1_763_546_699.9999, "2025-11-19T10:05:00Z"),
        (0, "1970-01-01T00:00:00Z"),
        (-1, "1969-12-31T23:59:59Z"),
    ],
)
def test_times_are_utc_with_a_fraction_only_where_there_is_one(at: float, text: str) -> None:
    assert timestamp(at) == text


def test_a_measurement_is_the_documented_object() -> None:
    assert measurement(Place("Maison", "Bureau", "bureau1"), 1_763_546_700, {"CO2": 645}) == {
        "sensor_id": "bureau1",
        "enseigne": "Maison",
        "salle": "Bureau",
        "timestamp": "2025-11-19T10:05:00Z",
        "values": {"CO2": 645},
    }

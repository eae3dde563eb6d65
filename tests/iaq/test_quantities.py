import pytest

from app.iaq.quantities import QUANTITIES, canonical


def test_the_known_quantities_have_the_documented_names_and_units() -> None:
    assert [(quantity.name, quantity.flat, quantity.unit) for quantity in QUANTITIES] == [
        ("CO2", "co2", "ppm"),
        ("PM25", "pm25", "µg/m³"),
        ("TVOC", "tvoc", "mg/m³"),
        ("Temperature", "temperature", "°C"),
        ("Humidity", "humidity", "%RH"),
    ]


@pytest.mark.parametrize("quantity", QUANTITIES, ids=lambda quantity: quantity.name)
def test_a_known_name_is_found_in_any_case(quantity: object) -> None:
    name = getattr(quantity, "name", "")
    assert {canonical(spelt) for spelt in (name, name.lower(), name.upper())} == {name}


@pytest.mark.parametrize("name", ["NOx", "pm2.5", "", "température", "tvocIndex"])
def test_any_other_name_is_left_as_it_is(name: str) -> None:
    assert canonical(name) == name

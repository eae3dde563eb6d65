"""The quantities the gateway knows by name. Others are welcome and pass through as sent.

Units are fixed: nothing is converted here, since ppb to mg/m³ needs a molar mass that nobody sends.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quantity:
    name: str
    """Key inside `values`, exactly as documented."""
    flat: str
    """Name of the same value as a flat member of the documented message."""
    unit: str
    description: str


CO2 = Quantity("CO2", "co2", "ppm", "Carbon dioxide")
PM25 = Quantity("PM25", "pm25", "µg/m³", "Fine particles, 2.5 µm and smaller")
TVOC = Quantity("TVOC", "tvoc", "mg/m³", "Total volatile organic compounds")
TEMPERATURE = Quantity("Temperature", "temperature", "°C", "Air temperature")
HUMIDITY = Quantity("Humidity", "humidity", "%RH", "Relative humidity")

QUANTITIES = (CO2, PM25, TVOC, TEMPERATURE, HUMIDITY)

_CANONICAL = {quantity.flat: quantity.name for quantity in QUANTITIES}


def canonical(name: str) -> str:
    """The documented spelling of a known quantity, whatever its case; any other name unchanged."""
    return _CANONICAL.get(name.lower(), name)

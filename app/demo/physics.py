"""What a room's air does in a step of time: one well-mixed zone, each constant with its source.

Every species follows dx/dt = source - rate * x while its surroundings stay as they are, which has
an exact solution: a step may be a second or an hour and stays stable.
"""

from enum import Enum
from math import exp

OUTDOOR_CO2 = 420.0
"""ppm. NOAA Mauna Loa, annual mean of 2023 rounded (421)."""
OUTDOOR_PM25 = 9.0
"""µg/m³. Assumed urban background, between both WHO 2021 guidelines."""
OUTDOOR_TVOC = 0.05
"""mg/m³. Assumed urban background."""
OUTDOOR_HUMIDITY = 0.68
"""Share of saturation at the day's mean temperature. Assumed, temperate and oceanic."""

PM25_DEPOSITION = 0.39
"""Per hour, penetration 1. Özkaynak et al. 1996 (PTEAM)."""
COOKING_PM25 = 1_700.0 * 60
"""µg/h. PTEAM: 1.7 mg/min while cooking."""
HOOD_LEAVES = 0.25
"""Share that a hood does not catch; Singer et al. 2012 measured 0.02 to 0.85."""
PERSON_TVOC = 6.3
"""mg/h. Tang et al. 2016, a university classroom."""
MATERIAL_TVOC = 0.1
"""mg/h for each m² of floor. Assumed: furnished, not newly built."""

PERSON_HEAT = 75.0
"""W, sensible, seated. EN 16798-1 and ISO 7730 (1.2 met)."""
ROOM_HEAT_CAPACITY = 46.0
"""Wh/K for each m² of floor. EN ISO 13790, medium building (165 kJ)."""
AIR_HEAT_CAPACITY = 0.34
"""Wh/K for each m³ of air."""
PERSON_VAPOUR = 50.0
"""g/h, seated. IEA Annex 14: 30 to 70."""
COOKING_VAPOUR = 600.0
"""g/h. IEA Annex 14."""
VAPOUR_BUFFER = 4.0
"""How many times its own the room's air seems to hold, walls and furniture included. Assumed."""

CEILING = 2.5
"""m"""


class Activity(Enum):
    """Metabolic rate in met. Compendium of Physical Activities; ISO 8996."""

    ASLEEP = 0.95
    SEATED = 1.2
    STANDING = 1.6
    WALKING = 2.0


def co2_per_person(activity: Activity) -> float:
    """L/s. Persily and de Jonge 2017: RQ * BMR * met * 0.000569, at 0 °C and 101 kPa.

    RQ 0.85; BMR 6.6 MJ a day, the mean of adults by Schofield's equations.
    """
    return 0.85 * 6.6 * activity.value * 0.000569


def relax(value: float, *, rate: float, source: float, hours: float) -> float:
    """Solve dx/dt = source - rate * x exactly; `rate` (per hour) is positive."""
    steady = source / rate
    return steady + (value - steady) * exp(-rate * hours)


def saturation(temperature: float) -> float:
    """Water vapour that air of so many °C can hold, g/m³. Magnus formula, Sonntag 1990."""
    pressure = 611.2 * exp(17.62 * temperature / (243.12 + temperature))
    return pressure / (461.5 * (temperature + 273.15)) * 1000

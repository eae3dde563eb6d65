"""A simulated room, as a value: `step` takes one and gives the next. No clock, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from math import cos, pi
from random import Random

from app.demo import physics
from app.demo.physics import Activity
from app.iaq.quantities import CO2, HUMIDITY, PM25, TEMPERATURE, TVOC

WEEK = range(7)
WORKDAYS = range(5)

_ATTENDANCE_SECONDS = 600
"""How long a draw of who is in the room lasts."""
_WINDOW_OPENS_AT, _WINDOW_CLOSES_AT = 1_250.0, 600.0
_BOOST_STARTS_AT, _BOOST_ENDS_AT = 1_000.0, 700.0
_PURIFIER_STARTS_AT, _PURIFIER_ENDS_AT = 15.0, 8.0
"""µg/m³ of PM2.5."""
_THERMOSTAT = 0.2
"""°C below the set point at which heating starts; it ends so much above."""
_COLDEST_AIRING = 17.0
_OPENINGS_PER_HOUR = 8.0
"""How soon somebody in stale air gets up to open the window."""
_HEATING_RATE, _FABRIC_RATE = 0.5, 0.03
"""Per hour: how fast a room follows its radiators, and an unheated one outdoors."""
_RADIATORS_ABOVE = 4.0
"""°C above the set point to which radiators alone would heat, so that they reach it and rest."""


@dataclass(frozen=True, slots=True)
class Stay:
    """People who are in the room at certain local hours."""

    start: float
    end: float
    """Later than `start`; a night is two stays."""
    people: int
    activity: Activity = Activity.SEATED
    days: range = WEEK
    presence: float = 1.0
    """Chance of each of them to be there."""
    cooking: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What does not change about a room."""

    enseigne: str
    salle: str
    sensor_id: str
    volume: float
    """m³"""
    stays: tuple[Stay, ...]
    ventilation: float = 0.25
    """Air changes an hour with everything closed, by leaks and the basic extraction."""
    window: float = 4.0
    """Air changes an hour more with the window open; 0: there is none."""
    boost: float = 0.0
    """Air changes an hour more while the ventilation runs fast; 0: it cannot."""
    purifier: float = 0.0
    """Air changes an hour that come out of one without dust while it runs; 0: there is none."""
    radiator: bool = False
    """Whether one tells when it heats."""
    set_point: float = 20.5
    """°C"""


@dataclass(frozen=True, slots=True)
class Room:
    plan: Plan
    co2: float = physics.OUTDOOR_CO2
    pm25: float = physics.OUTDOOR_PM25
    tvoc: float = 0.15
    temperature: float = 20.0
    vapour: float = 8.0
    """g/m³"""
    people: int = 0
    activity: Activity = Activity.SEATED
    cooking: bool = False
    window_open: bool = False
    boosted: bool = False
    purifying: bool = False
    heating: bool = False
    drawn_at: float | None = None
    """When who is here was last drawn, seconds since the epoch."""

    @property
    def air_changes(self) -> float:
        """Per hour."""
        plan = self.plan
        return (
            plan.ventilation
            + (plan.window if self.window_open else 0)
            + (plan.boost if self.boosted else 0)
        )

    @property
    def humidity(self) -> float:
        """%RH"""
        return min(100.0, 100 * self.vapour / physics.saturation(self.temperature))


def step(room: Room, *, dt: float, at: datetime, random: Random) -> Room:
    """The room `dt` seconds later; `at` is the local time at the end of the step."""
    return _breathe(_behave(room, dt, at, random), dt / 3600, at)


def measure(room: Room, random: Random) -> Mapping[str, float]:
    """What a sensor there shows: the room's values with the noise of usual sensors, rounded."""
    return {
        CO2.name: round(max(0.0, random.gauss(room.co2, 4))),
        PM25.name: round(max(0.0, random.gauss(room.pm25, 0.3)), 1),
        TVOC.name: round(max(0.0, random.gauss(room.tvoc, 0.005)), 3),
        TEMPERATURE.name: round(random.gauss(room.temperature, 0.03), 2),
        HUMIDITY.name: round(min(100.0, max(0.0, random.gauss(room.humidity, 0.2))), 1),
    }


def co2_ahead(room: Room, hours: float) -> float:
    """CO2 (ppm) if people, window and ventilation stay as they are."""
    source = room.people * physics.co2_per_person(room.activity) * 3.6e6 / room.plan.volume
    rate = room.air_changes
    return physics.relax(
        room.co2, rate=rate, source=source + rate * physics.OUTDOOR_CO2, hours=hours
    )


def outdoor_mean(at: datetime) -> float:
    """°C over that day, in a temperate year: 12 in the mean, coldest in mid-January. Assumed."""
    return 12 - 8 * cos(2 * pi * (at.timetuple().tm_yday - 15) / 365)


def outdoor_temperature(at: datetime) -> float:
    """°C, coldest at four in the morning."""
    return outdoor_mean(at) - 4 * cos(2 * pi * (_hour(at) - 4) / 24)


def _hour(at: datetime) -> float:
    return at.hour + at.minute / 60 + at.second / 3600


def _behave(room: Room, dt: float, at: datetime, random: Random) -> Room:
    room = _attend(room, at, random)
    window, boosted = room.window_open, room.boosted
    if room.plan.window:
        if window:
            window = room.co2 > _WINDOW_CLOSES_AT and room.temperature > _COLDEST_AIRING
        elif room.people and room.activity is not Activity.ASLEEP:
            eager = room.co2 > _WINDOW_OPENS_AT and room.temperature > _COLDEST_AIRING + 1
            window = eager and random.random() < _OPENINGS_PER_HOUR * dt / 3600
    if room.plan.boost:
        boosted = room.co2 > (_BOOST_ENDS_AT if boosted else _BOOST_STARTS_AT)
    dusty = _PURIFIER_ENDS_AT if room.purifying else _PURIFIER_STARTS_AT
    warm = room.plan.set_point + (_THERMOSTAT if room.heating else -_THERMOSTAT)
    return replace(
        room,
        window_open=window,
        boosted=boosted,
        purifying=room.plan.purifier > 0 and room.pm25 > dusty,
        heating=room.temperature < warm,
    )


def _attend(room: Room, at: datetime, random: Random) -> Room:
    now, hour = at.timestamp(), _hour(at)
    stay = next(
        (
            stay
            for stay in room.plan.stays
            if at.weekday() in stay.days and stay.start <= hour < stay.end
        ),
        None,
    )
    if stay is None:
        return replace(room, people=0, cooking=False, drawn_at=None)
    if room.drawn_at is not None and now - room.drawn_at < _ATTENDANCE_SECONDS:
        return replace(room, activity=stay.activity, cooking=stay.cooking)
    people = sum(random.random() < stay.presence for _ in range(stay.people))
    return replace(room, people=people, activity=stay.activity, cooking=stay.cooking, drawn_at=now)


def _breathe(room: Room, hours: float, at: datetime) -> Room:
    outdoors = outdoor_temperature(at)
    volume, air = room.plan.volume, room.air_changes
    floor = volume / physics.CEILING
    capacity = physics.ROOM_HEAT_CAPACITY * floor

    fine = physics.COOKING_PM25 * physics.HOOD_LEAVES if room.cooking else 0
    cleaned = room.plan.purifier if room.purifying else 0
    organic = room.people * physics.PERSON_TVOC + floor * physics.MATERIAL_TVOC
    vapour = room.people * physics.PERSON_VAPOUR + (physics.COOKING_VAPOUR if room.cooking else 0)
    outside_vapour = physics.OUTDOOR_HUMIDITY * physics.saturation(outdoor_mean(at))

    exchange = air * physics.AIR_HEAT_CAPACITY * volume / capacity + _FABRIC_RATE
    heating = _HEATING_RATE if room.heating else 0
    warmth = (
        heating * (room.plan.set_point + _RADIATORS_ABOVE)
        + room.people * physics.PERSON_HEAT / capacity
    )

    return replace(
        room,
        co2=co2_ahead(room, hours),
        pm25=physics.relax(
            room.pm25,
            rate=air + cleaned + physics.PM25_DEPOSITION,
            source=air * physics.OUTDOOR_PM25 + fine / volume,
            hours=hours,
        ),
        tvoc=physics.relax(
            room.tvoc, rate=air, source=air * physics.OUTDOOR_TVOC + organic / volume, hours=hours
        ),
        temperature=physics.relax(
            room.temperature,
            rate=exchange + heating,
            source=exchange * outdoors + warmth,
            hours=hours,
        ),
        vapour=physics.relax(
            room.vapour,
            rate=air / physics.VAPOUR_BUFFER,
            source=(air * outside_vapour + vapour / volume) / physics.VAPOUR_BUFFER,
            hours=hours,
        ),
    )

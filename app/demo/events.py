"""What happens in a room besides measurements: modules, actions, predictions.

Pure: `RoomWatch.see` compares a room with what it saw before and gives the bodies to publish.
Actions go by the thresholds that a score uses too (HCSP 2022, EN 16798-1).
"""

from iaqverse.wire import Body, Publication, timestamp

from app.demo.room import Room, co2_ahead
from app.iaq.quantities import CO2

_PRIORITIES = ((1500.0, "high"), (1200.0, "normal"), (800.0, "low"))
"""From how much CO2 (ppm) to open the window is how urgent; highest first."""
_HYSTERESIS = 50.0
_HORIZON_MINUTES = 30
_PREDICT_EVERY = 300.0
_REPEAT_MODULES_EVERY = 600.0
"""Seconds, so that who comes later still learns how the windows stand."""


class RoomWatch:
    """What was said about one room so far."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}
        self._modules_at = 0.0
        self._advised_at = 0.0
        """The threshold (ppm)."""
        self._predicted_at = 0.0

    def see(self, room: Room, now: float) -> list[Publication]:
        """Publications due now (seconds since the epoch), in the order of their causes."""
        return [
            *self._module_news(room, now),
            *self._advice(room, now),
            *self._ahead(room, now),
        ]

    def _module_news(self, room: Room, now: float) -> list[Publication]:
        modules = _modules(room)
        whole = now - self._modules_at >= _REPEAT_MODULES_EVERY
        news = [
            Publication(
                "modules", _about(room, now) | {"module_id": name, "kind": kind, "state": state}
            )
            for name, (kind, state) in modules.items()
            if whole or self._modules.get(name) != state
        ]
        self._modules = {name: state for name, (_, state) in modules.items()}
        if whole:
            self._modules_at = now
        return news

    def _advice(self, room: Room, now: float) -> list[Publication]:
        """Once for each threshold on the way up; back well below it, it may be said again."""
        before, self._advised_at = self._advised_at, 0.0
        for threshold, priority in _PRIORITIES:
            if room.co2 >= threshold - (_HYSTERESIS if threshold <= before else 0):
                self._advised_at = threshold
                useful = room.plan.window and not room.window_open
                return [_to_open(room, now, priority)] if useful and threshold > before else []
        return []

    def _ahead(self, room: Room, now: float) -> list[Publication]:
        if now - self._predicted_at < _PREDICT_EVERY:
            return []
        self._predicted_at = now
        body = _about(room, now) | {
            "sensor_id": room.plan.sensor_id,
            "horizon_minutes": _HORIZON_MINUTES,
            "values": {CO2.name: round(co2_ahead(room, _HORIZON_MINUTES / 60))},
            "confidence": 0.8 if room.people else 0.9,
            "model": "mass-balance",
        }
        return [Publication("predictions", body)]


def _about(room: Room, now: float) -> Body:
    return {"enseigne": room.plan.enseigne, "salle": room.plan.salle, "timestamp": timestamp(now)}


def _modules(room: Room) -> dict[str, tuple[str, str]]:
    sensor = room.plan.sensor_id
    modules = {}
    if room.plan.window:
        modules[f"{sensor}-window"] = ("window", "open" if room.window_open else "closed")
    if room.plan.boost:
        modules[f"{sensor}-ventilation"] = ("ventilation", "boost" if room.boosted else "normal")
    if room.plan.purifier:
        modules[f"{sensor}-purifier"] = ("purifier", "on" if room.purifying else "off")
    if room.plan.radiator:
        modules[f"{sensor}-radiator"] = ("radiator", "on" if room.heating else "off")
    return modules


def _to_open(room: Room, now: float, priority: str) -> Publication:
    body = _about(room, now) | {
        "action": "open the window",
        "module_id": f"{room.plan.sensor_id}-window",
        "priority": priority,
        "reason": f"CO₂ {room.co2:.0f} ppm",
    }
    return Publication("actions", body)

"""What happens in a room besides measurements: modules, alerts, actions, predictions.

Pure: `RoomWatch.see` compares a room with what it saw before and gives the bodies to publish.
Alerts go by the thresholds that a score uses too (HCSP 2022, EN 16798-1).
"""

from dataclasses import dataclass
from itertools import count

from app.demo.room import Room, co2_ahead
from app.demo.wire import Body, timestamp
from app.iaq.quantities import CO2

THRESHOLDS = ((1500.0, "critical"), (1200.0, "warning"), (800.0, "info"))
"""CO2 in ppm, highest first."""

_HYSTERESIS = 50.0
_PRIORITY = {"info": "low", "warning": "normal", "critical": "high"}
_HORIZON_MINUTES = 30
_PREDICT_EVERY = 300.0
_REPEAT_MODULES_EVERY = 600.0
"""Seconds, so that who comes later still learns how the windows stand."""


@dataclass(frozen=True, slots=True)
class Publication:
    topic: str
    body: Body


@dataclass(frozen=True, slots=True)
class Alert:
    alert_id: str
    threshold: float
    severity: str


class RoomWatch:
    """What was said about one room so far."""

    def __init__(self) -> None:
        self._modules: dict[str, str] = {}
        self._modules_at = 0.0
        self._alert: Alert | None = None
        self._predicted_at = 0.0
        self._numbers = count(1)

    def see(self, room: Room, now: float) -> list[Publication]:
        """Publications due now (seconds since the epoch), in the order of their causes."""
        return [
            *self._module_news(room, now),
            *self._alert_news(room, now),
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

    def _alert_news(self, room: Room, now: float) -> list[Publication]:
        before = self._alert
        passed = _passed(room.co2, before)
        if passed is None:
            self._alert = None
            return [] if before is None else [_alert(room, now, before, "resolved")]
        threshold, severity = passed
        if before is None:
            alert_id = f"{room.plan.sensor_id}-co2-{int(now)}-{next(self._numbers)}"
            self._alert = Alert(alert_id, threshold, severity)
            return [_alert(room, now, self._alert, "raised"), *_advice(room, now, severity)]
        if threshold == before.threshold:
            return []
        self._alert = Alert(before.alert_id, threshold, severity)
        advice = _advice(room, now, severity) if threshold > before.threshold else []
        return [_alert(room, now, self._alert, "updated"), *advice]

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


def _passed(co2: float, before: Alert | None) -> tuple[float, str] | None:
    """The highest threshold passed; one that was passed before is left only well below it."""
    for threshold, severity in THRESHOLDS:
        held = before is not None and threshold <= before.threshold
        if co2 >= threshold - (_HYSTERESIS if held else 0):
            return threshold, severity
    return None


def _about(room: Room, now: float) -> Body:
    return {"enseigne": room.plan.enseigne, "salle": room.plan.salle, "timestamp": timestamp(now)}


def _modules(room: Room) -> dict[str, tuple[str, str]]:
    sensor = room.plan.sensor_id
    modules = {}
    if room.plan.window:
        modules[f"{sensor}-window"] = ("window", "open" if room.window_open else "closed")
    if room.plan.boost:
        modules[f"{sensor}-ventilation"] = ("ventilation", "boost" if room.boosted else "normal")
    return modules


def _alert(room: Room, now: float, alert: Alert, state: str) -> Publication:
    side = "back below" if state == "resolved" else "above"
    body = _about(room, now) | {
        "sensor_id": room.plan.sensor_id,
        "alert_id": alert.alert_id,
        "severity": alert.severity,
        "state": state,
        "quantity": CO2.name,
        "value": round(room.co2),
        "threshold": alert.threshold,
        "message": f"CO2 {side} {alert.threshold:.0f} ppm",
    }
    return Publication("alerts", body)


def _advice(room: Room, now: float, severity: str) -> list[Publication]:
    if not room.plan.window or room.window_open:
        return []
    body = _about(room, now) | {
        "action": "open the window",
        "module_id": f"{room.plan.sensor_id}-window",
        "priority": _PRIORITY[severity],
        "reason": f"CO2 is at {room.co2:.0f} ppm",
    }
    return [Publication("actions", body)]

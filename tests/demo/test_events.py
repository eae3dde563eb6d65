from dataclasses import replace

from app.demo.events import Publication, RoomWatch
from app.demo.room import Plan, Room

PLAN = Plan("Maison", "Bureau", "bureau1", 30, (), boost=1.0)
NOW = 1_763_546_700.0  # 2025-11-19T10:05:00Z


def see(watch: RoomWatch, topic: str, room: Room, now: float = NOW) -> list[dict[str, object]]:
    return [publication.body for publication in watch.see(room, now) if publication.topic == topic]


def test_the_first_look_tells_every_module_and_a_prediction() -> None:
    assert RoomWatch().see(Room(PLAN, co2=420), NOW) == [
        Publication("modules", _module("bureau1-window", "window", "closed")),
        Publication("modules", _module("bureau1-ventilation", "ventilation", "normal")),
        Publication(
            "predictions",
            {
                "enseigne": "Maison",
                "salle": "Bureau",
                "sensor_id": "bureau1",
                "timestamp": "2025-11-19T10:05:00Z",
                "horizon_minutes": 30,
                "values": {"CO2": 420},
                "confidence": 0.9,
                "model": "mass-balance",
            },
        ),
    ]


def test_modules_are_told_when_they_change_and_again_from_time_to_time() -> None:
    watch, room = RoomWatch(), Room(PLAN)
    assert len(see(watch, "modules", room)) == 2
    assert see(watch, "modules", room, NOW + 3) == []
    opened = replace(room, window_open=True)
    assert see(watch, "modules", opened, NOW + 6) == [
        _module("bureau1-window", "window", "open") | {"timestamp": "2025-11-19T10:05:06Z"}
    ]
    assert len(see(watch, "modules", opened, NOW + 600)) == 2


def test_a_room_without_window_or_ventilation_has_no_modules() -> None:
    bare = Room(replace(PLAN, window=0, boost=0), co2=2000)
    watch = RoomWatch()
    assert see(watch, "modules", bare) == []
    assert see(RoomWatch(), "actions", bare) == []


def test_predictions_come_every_five_minutes() -> None:
    watch, room = RoomWatch(), Room(PLAN)
    assert [len(see(watch, "predictions", room, NOW + after)) for after in (0, 3, 299, 300)] == [
        1, 0, 0, 1,
    ]  # fmt: skip


def test_an_alert_is_raised_updated_and_resolved_under_one_id() -> None:
    watch = RoomWatch()
    story = [
        (replace(Room(PLAN), co2=co2), NOW + 3 * place)
        for place, co2 in enumerate((790, 805, 760, 1201, 1160, 1500, 1140, 745))
    ]
    told = [see(watch, "alerts", room, now) for room, now in story]
    assert [len(alerts) for alerts in told] == [0, 1, 0, 1, 0, 1, 1, 1]
    alerts = [alert for some in told for alert in some]
    assert [(alert["state"], alert["severity"], alert["threshold"]) for alert in alerts] == [
        ("raised", "info", 800),
        ("updated", "warning", 1200),
        ("updated", "critical", 1500),
        ("updated", "info", 800),
        ("resolved", "info", 800),
    ]
    assert len({alert["alert_id"] for alert in alerts}) == 1
    assert alerts[0] == {
        "enseigne": "Maison",
        "salle": "Bureau",
        "sensor_id": "bureau1",
        "timestamp": "2025-11-19T10:05:03Z",
        "alert_id": alerts[0]["alert_id"],
        "severity": "info",
        "state": "raised",
        "quantity": "CO2",
        "value": 805,
        "threshold": 800,
        "message": "CO2 above 800 ppm",
    }


def test_the_next_alert_has_another_id() -> None:
    watch, fresh, stale = RoomWatch(), Room(PLAN), Room(PLAN, co2=900)
    raised = see(watch, "alerts", stale) + see(watch, "alerts", fresh) + see(watch, "alerts", stale)
    assert [alert["state"] for alert in raised] == ["raised", "resolved", "raised"]
    assert raised[0]["alert_id"] == raised[1]["alert_id"] != raised[2]["alert_id"]


def test_a_worse_alert_comes_with_advice_unless_the_window_is_open() -> None:
    watch = RoomWatch()
    assert see(watch, "actions", Room(PLAN, co2=1600)) == [
        {
            "enseigne": "Maison",
            "salle": "Bureau",
            "timestamp": "2025-11-19T10:05:00Z",
            "action": "open the window",
            "module_id": "bureau1-window",
            "priority": "high",
            "reason": "CO2 is at 1600 ppm",
        }
    ]
    assert see(watch, "actions", Room(PLAN, co2=1300)) == []
    assert see(RoomWatch(), "actions", Room(PLAN, co2=1600, window_open=True)) == []


def _module(module_id: str, kind: str, state: str) -> dict[str, object]:
    return {
        "enseigne": "Maison",
        "salle": "Bureau",
        "timestamp": "2025-11-19T10:05:00Z",
        "module_id": module_id,
        "kind": kind,
        "state": state,
    }

from dataclasses import replace

from iaqverse.wire import Publication

from app.demo.events import RoomWatch
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


def test_a_purifier_and_a_radiator_are_on_or_off() -> None:
    room = Room(replace(PLAN, window=0, boost=0, purifier=3, radiator=True), heating=True)
    assert see(RoomWatch(), "modules", room) == [
        _module("bureau1-purifier", "purifier", "off"),
        _module("bureau1-radiator", "radiator", "on"),
    ]


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


def test_to_open_the_window_is_advised_at_each_threshold_on_the_way_up() -> None:
    watch = RoomWatch()
    heights = (790, 805, 760, 1201, 1160, 1500, 1140, 745, 805)
    told = [see(watch, "actions", replace(Room(PLAN), co2=co2)) for co2 in heights]
    assert [[action["priority"] for action in actions] for actions in told] == [
        [], ["low"], [], ["normal"], [], ["high"], [], [], ["low"],
    ]  # fmt: skip
    assert told[5] == [
        {
            "enseigne": "Maison",
            "salle": "Bureau",
            "timestamp": "2025-11-19T10:05:00Z",
            "action": "open the window",
            "module_id": "bureau1-window",
            "priority": "high",
            "reason": "CO₂ 1500 ppm",
        }
    ]


def test_nothing_is_advised_where_the_window_is_open() -> None:
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

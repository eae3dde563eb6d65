"""The rooms of the demo: a home and a shop, with a plausible day."""

from app.demo.physics import Activity
from app.demo.room import WORKDAYS, Plan, Stay

_SHOP_DAYS = range(6)

DEMO_ROOMS = (
    Plan(
        enseigne="Maison",
        salle="Bureau",
        sensor_id="bureau1",
        volume=32,
        radiator=True,
        ventilation=0.3,
        stays=(
            Stay(8.5, 12.25, 1, days=WORKDAYS),
            Stay(13.5, 18.25, 1, days=WORKDAYS),
            Stay(20.5, 22.5, 1, presence=0.6),
            Stay(10, 12, 1, days=range(5, 7), presence=0.5),
        ),
    ),
    Plan(
        enseigne="Maison",
        salle="Salon",
        sensor_id="salon1",
        volume=75,
        purifier=3,
        radiator=True,
        ventilation=0.5,
        set_point=21,
        stays=(
            Stay(7, 8.5, 3),
            Stay(12, 12.3, 2, Activity.STANDING, cooking=True),
            Stay(12.3, 13.5, 3, presence=0.8),
            Stay(18, 19, 3, presence=0.8),
            Stay(19, 19.4, 3, Activity.STANDING, cooking=True),
            Stay(19.4, 22.75, 4, presence=0.9),
            Stay(14, 18, 4, days=range(5, 7), presence=0.5),
        ),
    ),
    Plan(
        enseigne="Maison",
        salle="Chambre",
        sensor_id="chambre1",
        volume=34,
        radiator=True,
        ventilation=0.4,
        set_point=18.5,
        stays=(
            Stay(0, 6.8, 2, Activity.ASLEEP),
            Stay(6.8, 7.5, 1, Activity.STANDING),
            Stay(22.75, 24, 2, Activity.ASLEEP),
        ),
    ),
    Plan(
        enseigne="Boutique",
        salle="Vente",
        sensor_id="vente1",
        volume=240,
        radiator=True,
        ventilation=0.6,
        window=0,
        boost=1.5,
        set_point=20,
        stays=(
            Stay(9.5, 12, 12, Activity.WALKING, _SHOP_DAYS, presence=0.5),
            Stay(12, 14, 16, Activity.WALKING, _SHOP_DAYS, presence=0.7),
            Stay(14, 17, 14, Activity.WALKING, _SHOP_DAYS, presence=0.5),
            Stay(17, 19.5, 20, Activity.WALKING, _SHOP_DAYS, presence=0.7),
        ),
    ),
    Plan(
        enseigne="Boutique",
        salle="Réserve",
        sensor_id="reserve1",
        volume=45,
        ventilation=0.35,
        window=2,
        set_point=18,
        stays=(
            Stay(8.5, 10.5, 2, Activity.STANDING, _SHOP_DAYS, presence=0.8),
            Stay(10.5, 19.5, 2, Activity.STANDING, _SHOP_DAYS, presence=0.3),
        ),
    ),
)

DEMO_SENSORS = tuple(plan.sensor_id for plan in DEMO_ROOMS)
"""What a demo device token has to name."""

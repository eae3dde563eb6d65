"""The numbers by which rows name sensors and series; a new one gets them from the writer."""

from collections.abc import Iterable

from app.model import RoutingKey, Topic
from app.storage.postgres.connection import Db

REMEMBERED = 50_000
"""Beyond it they are all looked up anew."""
NUMBERING = 0x1A90002
"""The advisory lock under which series get their numbers: readers take them in as they rise."""


class Numbers:
    """Those that were looked up before."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, RoutingKey], tuple[int, int]] = {}

    def of(self, db: Db, tenant: int, key: RoutingKey) -> tuple[int, int]:
        """The sensor's and the series'; zeros for what is no measurement's.

        The tenant's row is locked: nobody else makes the same series meanwhile.
        """
        if key.topic is not Topic.MEASUREMENTS:
            return (0, 0)
        known = self._known.get((tenant, key))
        if known is None:
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            known = self._known[tenant, key] = _number(db, tenant, key)
        return known

    def forget(self) -> None:
        """After a transaction that failed: they may never have been given."""
        self._known.clear()


def keys_of(db: Db, series: Iterable[int]) -> dict[int, RoutingKey]:
    rows = db.execute(
        "SELECT number, enseigne, salle, sensor_id FROM series WHERE number = ANY(%s)",
        (list(series),),
    )
    return {number: RoutingKey(Topic.MEASUREMENTS, *named) for number, *named in rows}


def _number(db: Db, tenant: int, key: RoutingKey) -> tuple[int, int]:
    named = (tenant, key.sensor_id, key.enseigne, key.salle)
    found = db.execute(
        "SELECT sensor, number FROM series"
        " WHERE tenant = %s AND sensor_id = %s AND enseigne = %s AND salle = %s",
        named,
    ).fetchone()
    if found is None:
        db.execute("SELECT pg_advisory_xact_lock(%s)", (NUMBERING,))
        ((number,),) = db.execute(
            "INSERT INTO series (tenant, sensor, sensor_id, enseigne, salle)"
            " VALUES (%s, 0, %s, %s, %s) RETURNING number",
            named,
        ).fetchall()
        (found,) = db.execute(
            """
            UPDATE series SET sensor = (
                SELECT min(number) FROM series WHERE tenant = %s AND sensor_id = %s
            )
            WHERE number = %s RETURNING sensor, number
            """,
            (tenant, key.sensor_id, number),
        ).fetchall()
    return found[0], found[1]

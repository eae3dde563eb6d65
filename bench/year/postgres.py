"""The year in a PostgreSQL database that was empty before."""

import contextlib
import time
from collections.abc import Callable, Iterator

from app.storage.base import DAY_MS
from app.storage.postgres import upkeep
from app.storage.postgres.connection import Db, connect
from app.storage.postgres.schema import prepare
from app.storage.postgres.store import PostgresStore
from app.storage.postgres.transactions import PostgresTransactions
from bench.year.shape import (
    EPOCH,
    PARTS_AT_ONCE,
    PER_DAY,
    SELDOM_ROWS,
    SENSORS,
    START_MS,
    TENANT,
    Tell,
    catalog,
    timed,
)

_DAY = """
    INSERT INTO measurements (
        sensor, time_ms, tenant, sequence, series, lag_ms, score,
        co2, pm25, tvoc, temperature, humidity
    )
    SELECT number, %(start_ms)s + minute * 60000::bigint + number * 997, 1,
           %(sequence)s + minute * %(sensors)s + number, number, 40 + random() * 20,
           random() * 100, 400 + floor(random() * 1200), floor(random() * 400) / 10,
           floor(random() * 900) / 1000, 18 + floor(random() * 80) / 10,
           30 + floor(random() * 40)
    FROM generate_series(0, 1439) AS minute, generate_series(1, %(sensors)s) AS number
    ORDER BY minute, number
"""
_SELDOM = """
    INSERT INTO measurements (
        sensor, time_ms, tenant, sequence, series, lag_ms, score,
        co2, pm25, tvoc, temperature, humidity
    )
    SELECT %(sensor)s, time_ms + 1, tenant, %(sequence)s + sequence, %(sensor)s, lag_ms, score,
           co2, pm25, tvoc, temperature, humidity
    FROM measurements WHERE sensor = 1 ORDER BY time_ms LIMIT %(rows)s
"""
_SIZE = """
    SELECT sum(pg_total_relation_size(oid)) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
"""


class PostgresYear:
    def __init__(self, url: str) -> None:
        self._url = url
        prepare(url)

    def made(self) -> bool:
        with connect(self._url) as db:
            return db.execute("SELECT 1 FROM tenants").fetchone() is not None

    def make(self, tell: Tell, days: int) -> int:
        rows = days * PER_DAY
        with connect(self._url) as db:
            db.execute("SET synchronous_commit = off")
            with timed("rows generated", tell):
                _catalog(db)
                for day in range(days):
                    named = {"start_ms": START_MS + day * DAY_MS, "sensors": SENSORS}
                    db.execute(_DAY, named | {"sequence": day * PER_DAY})
            seldom = {"sensor": SENSORS + 1, "sequence": rows, "rows": SELDOM_ROWS}
            db.execute(_SELDOM, seldom)
            db.execute("UPDATE tenants SET newest = (SELECT max(sequence) FROM measurements)")
            with timed("looked through by VACUUM", tell):
                db.execute("VACUUM ANALYZE")
            with timed("means made by the store's upkeep", tell):
                self._roll_up()
            db.execute("VACUUM ANALYZE")
        return rows + SELDOM_ROWS

    def size(self) -> int:
        with connect(self._url) as db:
            ((size,),) = db.execute(_SIZE).fetchall()
            return int(size)

    def store(self) -> PostgresStore:
        return PostgresStore(self._url, lambda _: None, capacity=1)

    @contextlib.contextmanager
    def floor(self) -> Iterator[Callable[[str], float]]:
        """Seconds on the clock: the work is the server's."""

        def ask(sql: str) -> float:
            began = time.perf_counter()
            db.execute(sql.encode()).fetchall()
            return time.perf_counter() - began

        with connect(self._url) as db:
            yield ask

    def _roll_up(self) -> None:
        transactions = PostgresTransactions(self._url, shared=False)
        left = 1
        while left:
            with transactions.open() as transaction:
                for _ in range(PARTS_AT_ONCE):
                    left = left and upkeep.roll_up(transaction.db)
        transactions.close()


def _catalog(db: Db) -> None:
    db.execute("INSERT INTO tenants (name, epoch, created_ms) VALUES (%s, %s, 0)", (TENANT, EPOCH))
    for number, named in enumerate(catalog(), 1):
        db.execute(
            "INSERT INTO series (tenant, sensor, sensor_id, enseigne, salle)"
            " VALUES (1, %s, %s, %s, %s)",
            (number, *named),
        )

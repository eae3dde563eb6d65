"""Records as CSV (RFC 4180), for spreadsheets and for programs.

A spreadsheet takes a text that begins like a formula for one, in quotes or not, and names of
sensors and places come from devices. Such a text, and one that begins with an apostrophe, has one
put before it: whoever reads the file takes one leading apostrophe off, and has the name exactly.
Numbers are written by the gateway and need none (-3.5 is a number).
"""

import csv
import io
from collections.abc import Iterable, Mapping

from app.iaq.quantities import QUANTITIES

PLACE = ("timestamp", "sensor_id", "enseigne", "salle")
KNOWN = tuple(quantity.flat for quantity in QUANTITIES)
TOLD = ("global_score", "global_level", "received_at", "position")
FORMULA = tuple("=+-@'\t\r\n＝＋－＠")  # noqa: RUF001  (full width: spreadsheets read them alike)

Record = Mapping[str, object]


def csv_of(records: Iterable[Record]) -> bytes:
    """A header and a line for each; other quantities stand after the five, by name."""
    records = list(records)
    others = sorted({name for record in records for name in _flat(record)} - {*KNOWN})
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    columns = (*PLACE, *KNOWN, *others, *TOLD)
    writer.writerow(columns)
    for record in records:
        writer.writerow([_cell(record.get(column)) for column in columns])
    return file.getvalue().encode()


def _flat(record: Record) -> list[str]:
    values = record["values"]
    assert isinstance(values, Mapping)  # noqa: S101  (the documented message)
    return [name.lower() for name in values]


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value

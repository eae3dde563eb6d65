import csv
from pathlib import Path

from app.demo.refusals import LISTED, Refusal, shown, write

EXISTS = Refusal(3, "refused: measurement_exists", 1_665_590_400.0, "another is kept")


def test_a_row_is_told_by_its_line_time_and_reason() -> None:
    lines = list(shown([EXISTS, Refusal(1_204, "skipped: no_value")]))
    assert lines == [
        "line 3, 2022-10-12T16:00:00Z, refused: measurement_exists, another is kept",
        "line 1,204, skipped: no_value",
    ]


def test_beyond_the_bound_the_rest_is_counted() -> None:
    lines = list(shown([EXISTS] * (LISTED + 1_005)))
    assert len(lines) == LISTED + 1
    assert lines[-1] == "and 1,005 more rows: --refused FILE lists them all"


def test_a_file_gets_every_row(tmp_path: Path) -> None:
    path = tmp_path / "refused.csv"
    write(path, [EXISTS] * 100 + [Refusal(7, "skipped: no_value")])
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 101
    assert rows[0] == {
        "line": "3",
        "timestamp": "2022-10-12T16:00:00Z",
        "reason": "refused: measurement_exists",
        "message": "another is kept",
    }
    assert list(rows[-1].values()) == ["7", "", "skipped: no_value", ""]

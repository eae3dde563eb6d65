import re
from pathlib import Path

import pytest

from bench import sizing
from bench.sizing import ROWS, Load, size, table

FIGURES = Path("bench/README.md").read_text("utf-8")


def test_the_guide_has_the_program_s_table() -> None:
    assert table(ROWS) in Path("docs/operations.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("server", "figures"),
    [
        ("gateway", (sizing.GATEWAY_KB, sizing.GATEWAY_HANDSHAKE_MS)),
        ("gateway behind nginx, TLS", (sizing.BOTH_KB, sizing.HANDSHAKE_MS)),
    ],
)
def test_it_reckons_with_what_was_measured(server: str, figures: tuple[float, float]) -> None:
    """KB each, of it nginx, a handshake."""
    row = rf"^\| {re.escape(server)} +\| +([\d.]+) \| +[\d.-]+ \| +([\d.]+) \|"
    found = re.search(row, FIGURES, re.MULTILINE)
    assert found
    assert tuple(map(float, found.groups())) == figures


@pytest.mark.parametrize(
    ("server", "delivery", "post"),
    [
        ("gateway", sizing.GATEWAY_DELIVERY_US, sizing.GATEWAY_POST_US),
        ("gateway behind nginx, TLS", sizing.DELIVERY_US, sizing.POST_US),
    ],
)
def test_so_it_does_with_deliveries_and_posts(server: str, delivery: float, post: float) -> None:
    hub = re.search(rf"^\| {re.escape(server)} +\| +hub alone \| +([\d.]+)", FIGURES, re.MULTILINE)
    ingest = FIGURES[FIGURES.index("### Ingest, nobody listening") :]
    alone = re.search(rf"^\| {re.escape(server)} +\| +\d+ \| +(\d+)", ingest, re.MULTILINE)
    assert hub
    assert alone
    assert (float(hub[1]), float(alone[1])) == (delivery, post)


def test_workers_follow_the_load_and_the_time_to_come_back() -> None:
    assert size(Load(0, 0, 0)).workers == 1
    assert size(Load(1_000, 0, 10_000)).workers == 6
    crowd = size(Load(60_000, 0, 0))
    assert (crowd.workers, crowd.return_s) == (4, 30)

"""A real office, replayed through the device API, in the browser's charts."""

import csv
import os
import re
import time
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Page

from app.stack.programs import ROOT
from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_live import signed_in

RECORDINGS = Path(os.environ.get("IAQ_RECORDINGS", ROOT.parent / "shared" / "data"))
ROOM = "b4b_room_925038"
WEEK, HOUR = 7 * 86_400, 3_600


def co2_of_the_last_week(recording: Path) -> list[tuple[float, float]]:
    """Time, in seconds since the epoch, and value."""
    with recording.open() as file:
        rows = sorted(
            (datetime.fromisoformat(row["timestamp"]).timestamp(), float(row["co2__ppm"]))
            for row in csv.DictReader(file)
            if row["co2__ppm"]
        )
    return [(at, value) for at, value in rows if at > rows[-1][0] - WEEK]


def points(page: Page) -> int:
    label = page.locator(".chart__plot").first.get_attribute("aria-label") or ""
    found = re.search(r"(\d+) points$", label)
    return int(found[1]) if found else 0


def test_a_recording_stands_in_the_chart(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    recording = RECORDINGS / f"{ROOM}.csv"
    if not recording.exists():
        pytest.skip(f"{recording} is not here: IAQ_RECORDINGS says where recordings are")
    page = signed_in(shared_site, open_page)
    shared_site.command("demo", "--csv", str(recording), "--shift", "--tenant", "acme")
    page.get_by_role("button", name=ROOM, exact=True).click()
    page.get_by_role("button", name="7 jours").click()
    recorded = co2_of_the_last_week(recording)
    hours = len({at // HOUR for at, _ in recorded})
    deadline = time.monotonic() + 30
    while abs(points(page) - hours) > hours // 50 and time.monotonic() < deadline:
        page.wait_for_timeout(100)
    # Moved in time, its points fall into other hours at the edges of its gaps.
    assert points(page) == pytest.approx(hours, rel=0.02)

    page.get_by_role("button", name="1 h", exact=True).click()
    newest = [value for at, value in recorded if at > recorded[-1][0] - HOUR]
    page.evaluate('import("/js/charts.js").then(({ live }) => { window.live = live; })')
    room = f"[...live.store.rooms.values()].find(({{ salle }}) => salle === '{ROOM}')"
    series = f"[...{room}.sensors.values()][0].columns.CO2.filter((value) => value !== null)"
    assert page.evaluate(f"{series}.slice(-{len(newest)})") == newest
    assert complaints == []

"""No page breaks a rule that axe-core knows, in light and in dark."""

from importlib.resources import files
from typing import Literal

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_live import signed_in

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
RUN = """async () => {
  const { violations } = await axe.run();
  return violations.map(({ id, nodes }) =>
    [id, ...nodes.map(({ target, failureSummary }) => `${target}: ${failureSummary}`)]);
}"""

PAGES = {"": ".card", "digital-twin.html": ".plan__room", "wall.html": ".tile"}


def violations(page: Page, scheme: Literal["light", "dark"]) -> list[list[str]]:
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(AXE)
    found: list[list[str]] = page.evaluate(RUN)
    return found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_violation(shared_site: Site, open_page: Open, scheme: Literal["light", "dark"]) -> None:
    assert violations(open_page(shared_site.url), scheme) == []

    shared_site.measure("Salon", "s5", CO2=650)
    shared_site.measure("Chambre", "s6", CO2=1900, PM25=60)
    publish = shared_site.publish
    publish("alerts", salle="Chambre", severity="critical", state="raised", message="Air vicié")
    publish("alerts", salle="Salon", severity="warning", state="raised", message="Air confiné")
    publish("actions", salle="Chambre", action="open_window", priority="high")
    publish("predictions", salle="Salon", horizon_minutes=30, values={"CO2": 1210})
    publish("modules", salle="Chambre", module_id="w1", kind="window", state="open")
    for name, shown in PAGES.items():
        page = signed_in(shared_site, open_page, name)
        page.wait_for_selector(shown)
        if not name:
            page.get_by_text("Les mesures en tableau").click()
        assert violations(page, scheme) == [], name

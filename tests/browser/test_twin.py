"""The digital twin, languages and small screens."""

import json

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_live import signed_in, until

CANVAS = "document.querySelector('.plan__air')"
INK = f"""{CANVAS}.getContext("2d").getImageData(0, 0, {CANVAS}.width, {CANVAS}.height).data
  .reduce((sum, value, at) => sum + (at % 4 === 3 && value > 0 ? 1 : 0), 0)"""
PICTURE = f"{CANVAS}.toDataURL()"
STANDS_STILL = f"""import("/js/charts.js").then(async ({{ live }}) => {{
  const pictures = new Set();
  for (let n = 0; n < 3; n += 1) {{
    await new Promise((told) => live.on("change", told));
    pictures.add({PICTURE});
  }}
  return pictures.size === 1;
}})"""


def test_rooms_and_modules_on_the_plan(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    shared_site.measure("Salon", "s5", CO2=650)
    shared_site.measure("Chambre", "s6", CO2=1900, PM25=60)
    shared_site.publish("modules", salle="Chambre", module_id="w2", kind="window", state="closed")
    page = signed_in(shared_site, open_page, "digital-twin.html")
    chambre = page.get_by_role("button", name="Chambre, Médiocre")
    expect(chambre).to_have_attribute("data-level", "poor")
    chambre.focus()
    page.keyboard.press("Enter")
    expect(chambre).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".charts .panel__title")).to_have_text("Chambre")
    expect(page.locator(".modules")).to_contain_text("fermée")
    shared_site.publish("modules", salle="Chambre", module_id="w2", kind="window", state="open")
    expect(page.locator(".modules")).to_contain_text("ouverte")
    assert complaints == []


def test_the_air_moves_thickens_and_stands_still_for_who_wants_no_motion(
    shared_site: Site, open_page: Open
) -> None:
    shared_site.measure("Chambre", "s6", CO2=1900, PM25=60)
    page = signed_in(shared_site, open_page, "digital-twin.html")
    page.wait_for_selector(".plan__room")
    until(page, f"({INK}) > 1000")
    first = page.evaluate(PICTURE)
    until(page, f"({PICTURE}) !== {json.dumps(first)}")
    until(page, f"{STANDS_STILL}.then((still) => !still)", seconds=30)
    page.emulate_media(reduced_motion="reduce")
    until(page, STANDS_STILL, seconds=30)
    still = page.evaluate(PICTURE)
    shared_site.measure("Chambre", "s6", CO2=430, PM25=0)
    until(page, f"({PICTURE}) !== {json.dumps(still)}")


def test_english_by_the_browsers_choice_and_french_by_the_switch(
    shared_site: Site, open_page: Open
) -> None:
    page = signed_in(shared_site, open_page, locale="en-GB")
    expect(page.locator(".status__words")).to_have_text("Live")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.get_by_role("button", name="Passer en français").click()
    expect(page.locator(".status__words")).to_have_text("En direct")
    assert page.evaluate("window.wsManager.isConnected")


def test_nothing_is_wider_than_a_phone(shared_site: Site, open_page: Open) -> None:
    shared_site.measure("Salon", "s5")
    for name in ("", "digital-twin.html", "wall.html", "alerts.html"):
        page = signed_in(shared_site, open_page, name, width=360, height=740)
        page.wait_for_selector(".card, .plan__room, .tile, .list tbody tr")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("document.querySelector('.bar').offsetHeight") < 100, "two lines"


def test_no_page_goes_on_below_what_it_shows(shared_site: Site, open_page: Open) -> None:
    shared_site.measure("Salon", "s5")
    for number in range(40):
        shared_site.publish(
            "modules", salle="Salon", module_id=f"m{number}", kind="window", state="open"
        )
    for name in ("", "digital-twin.html", "wall.html", "alerts.html"):
        page = signed_in(shared_site, open_page, name)
        page.wait_for_selector(".event, .plan__room, .tile, .list tbody tr")
        below = "document.documentElement.scrollHeight - document.body.scrollHeight"
        assert page.evaluate(below) <= 0, name

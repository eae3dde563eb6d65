"""The wall: every room at once, without a hand."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_live import signed_in


def test_every_room_is_on_the_screen_and_what_is_the_matter_comes_first(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    shared_site.measure("Salon", "s5", CO2=650)
    shared_site.measure("Chambre", "s6", CO2=700, PM25=60)
    page = signed_in(shared_site, open_page, "wall.html", width=1920, height=1080)
    chambre = page.locator(".tile", has_text="Chambre")
    expect(chambre.locator("[data-matter]")).to_contain_text("60,0")
    expect(chambre.locator(".tile__level")).not_to_be_empty()
    assert page.evaluate("document.documentElement.scrollHeight") <= 1080
    tiles = page.locator(".tile")
    boxes = [tiles.nth(i).bounding_box() for i in range(tiles.count())]
    assert all(box and box["y"] + box["height"] <= 1080 for box in boxes)
    assert complaints == []

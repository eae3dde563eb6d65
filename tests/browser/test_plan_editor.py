"""A site's plan as a person draws it: by pointer, by key, and while somebody else does."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_accessibility import violations
from tests.browser.test_live import begin, signed_in, until

CHAMBRE = """document.querySelector('[role="button"][aria-label^="Chambre, "]')"""
PUT = """async ([salle, version]) => {
  const { http } = await import("/js/charts.js");
  const room = { salle, x: 0, y: 0, width: 20, height: 5 };
  const condition = version ? { "If-Match": `"${version}"` } : {};
  await http.act("PUT", "/api/plans/Maison", {}, { rooms: [room], fixtures: [] }, condition);
}"""
KEPT = """async () => {
  const { http } = await import("/js/charts.js");
  return (await http.get("/api/plans/Maison")).plan;
}"""
TAKE_AWAY = """async () => {
  const { http } = await import("/js/charts.js");
  await http.act("DELETE", "/api/plans/Maison");
}"""


def room_of(plan: dict[str, Any], salle: str) -> dict[str, Any]:
    found: dict[str, Any] = next(room for room in plan["rooms"] if room["salle"] == salle)
    return found


def drawing(site: Site, open_page: Open) -> Page:
    """As somebody who has just begun to draw the site, of which no plan is kept."""
    for salle, sensor in (("Salon", "s5"), ("Chambre", "s6")):
        site.measure(salle, sensor)
    page = signed_in(site, open_page, "digital-twin.html")
    page.evaluate(TAKE_AWAY)
    page.get_by_role("button", name="Modifier le plan").click()
    return page


def test_a_plan_is_drawn_by_pointer_kept_and_taken_away(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    page = drawing(shared_site, open_page)
    chambre = page.get_by_role("button", name="Chambre, ")
    before = chambre.bounding_box()
    assert before
    page.mouse.move(before["x"] + 60, before["y"] + 60)
    page.mouse.down()
    page.mouse.move(before["x"] + 160, before["y"] + 60, steps=4)
    page.mouse.up()
    at_least = before["x"] + 20  # how far is the size of the plan's cells
    until(page, f"{CHAMBRE}.getBoundingClientRect().x > {at_least}")
    page.get_by_role("button", name="Radiateur").click()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("button", name="Modifier le plan")).to_be_visible()
    kept = page.evaluate(KEPT)
    assert [each["kind"] for each in kept["fixtures"]].count("radiator") == 1
    assert {"s5", "s6"} <= {each.get("id") for each in kept["fixtures"]}

    page.reload()
    begin(page, shared_site.token())
    expect(page.locator('.fixture[data-kind="radiator"]')).to_be_visible()
    page.get_by_role("button", name="Modifier le plan").click()
    page.on("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Plan automatique").click()
    expect(page.locator('.fixture[data-kind="radiator"]')).to_have_count(0)
    assert complaints == []


def test_the_keyboard_does_all_of_it(shared_site: Site, open_page: Open) -> None:
    page = drawing(shared_site, open_page)
    page.get_by_role("button", name="Pièce", exact=True).press("Enter")
    name = page.get_by_role("combobox", name="Pièce")
    expect(name).to_be_focused()
    page.keyboard.type("Mezzanine")
    page.keyboard.press("Tab")
    cave = page.get_by_role("button", name="Mezzanine, 10 sur 8")
    cave.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Shift+ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.get_by_role("button", name="Mezzanine, 11 sur 9")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Control+z")
    page.get_by_role("button", name="Chambre, ").focus()
    page.keyboard.press("Delete")
    expect(page.get_by_role("button", name="Chambre, ")).to_have_count(0)
    page.get_by_role("button", name="Enregistrer").press("Enter")
    expect(page.get_by_role("button", name="Modifier le plan")).to_be_focused()
    kept = page.evaluate(KEPT)
    cave_kept = room_of(kept, "Mezzanine")
    assert (cave_kept["width"], cave_kept["height"]) == (11, 9)
    assert [room["salle"] for room in kept["rooms"] if room["salle"] == "Chambre"] == []
    expect(page.get_by_role("button", name="Chambre, ")).to_be_visible()  # it is known, so shown
    page.evaluate(TAKE_AWAY)


def test_another_language_or_page_loses_nothing_that_was_drawn(
    shared_site: Site, open_page: Open
) -> None:
    page = drawing(shared_site, open_page)
    page.get_by_role("button", name="Radiateur").click()
    page.get_by_role("button", name="Switch to English").click()
    expect(page.get_by_role("button", name="Radiator, at")).to_be_visible()
    page.get_by_role("link", name="Dashboard").click()
    page.wait_for_selector(".card")
    page.get_by_role("link", name="Floor plan").click()
    expect(page.get_by_role("button", name="Radiator, at")).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Edit the plan").click()
    expect(page.get_by_role("button", name="Radiator, at")).to_have_count(0)


@pytest.mark.parametrize(
    ("choice", "stays"), [("La mienne", "Salon"), ("La version enr", "Grenier")]
)
def test_who_draws_at_the_same_time_is_asked_which_plan_stays(
    shared_site: Site, open_page: Open, choice: str, stays: str
) -> None:
    page = drawing(shared_site, open_page)
    page.evaluate(PUT, ["Grenier", 0])
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("alert").filter(has_text="changé entre-temps")).to_be_visible()
    page.get_by_role("button", name=choice).click()
    expect(page.get_by_role("button", name="Modifier le plan")).to_be_visible()
    assert stays in {room["salle"] for room in page.evaluate(KEPT)["rooms"]}
    page.evaluate(TAKE_AWAY)


def test_who_sees_a_part_alone_draws_nothing(shared_site: Site, open_page: Open) -> None:
    shared_site.measure("Salon", "s5")
    page = open_page(shared_site.url + "digital-twin.html")
    begin(page, shared_site.token("dashboard", "15m", "--topics", "measurements:Maison"))
    expect(page.get_by_role("button", name="Salon, ")).to_be_visible()
    expect(page.get_by_role("button", name="Modifier le plan")).to_have_count(0)


def test_the_drawing_table_breaks_no_rule_and_fits_a_phone(
    shared_site: Site, open_page: Open
) -> None:
    page = drawing(shared_site, open_page)
    page.locator('[data-item="rooms-0"]').click()
    assert violations(page, "light") == []
    assert violations(page, "dark") == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

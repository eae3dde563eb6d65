"""A page without a network: it opens, and says that what it shows is old."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_live import until
from tests.browser.test_sign_in import entered

KEPT = "caches.has('iaqverse.last')"
CONTROLLED = "navigator.serviceWorker.controller !== null"


def test_it_opens_with_what_was_last_known_marked_as_old(
    shared_site: Site, open_page: Open, trusted: bool
) -> None:
    if not trusted:
        return  # a browser keeps nothing for a certificate that it does not trust
    shared_site.measure("Véranda", "s7", CO2=777)
    page = entered(shared_site, open_page)
    until(page, CONTROLLED)
    until(page, KEPT)
    page.context.set_offline(True)
    for name in ("", "wall.html", "digital-twin.html"):
        page.goto(shared_site.url + name)
        room = page.locator(".card, .tile, .plan__room", has_text="Véranda")
        expect(room).to_have_attribute("data-level", "stale")
        if name == "digital-twin.html":  # where a small room has no space for it, its name says it
            expect(room).to_have_attribute("aria-label", re.compile("777"))
        else:
            expect(room).to_contain_text("777")
        expect(page.locator(".status__words")).to_contain_text("Hors ligne depuis")
        expect(page.get_by_role("dialog")).to_have_count(0)
    page.goto(f"{shared_site.url}alerts.html")
    expect(page.locator(".intro__lead")).to_contain_text("dès que vous êtes connecté")

    page.goto(f"{shared_site.url}digital-twin.html")
    page.context.set_offline(False)
    shared_site.measure("Véranda", "s7", CO2=778)
    room = page.locator(".plan__room", has_text="Véranda")
    expect(room).to_have_attribute("aria-label", re.compile("778"))
    expect(room).not_to_have_attribute("data-level", "stale")


def test_nothing_is_left_by_who_signs_out(
    shared_site: Site, open_page: Open, trusted: bool
) -> None:
    shared_site.measure("Véranda", "s7", CO2=777)
    page = entered(shared_site, open_page)
    if not trusted:
        return
    until(page, CONTROLLED)
    until(page, KEPT)
    page.get_by_role("button", name="Se déconnecter").click()
    until(page, f"{KEPT}.then((kept) => !kept)")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_label("Identifiant")).to_be_visible()
    assert page.locator(".card").count() == 0

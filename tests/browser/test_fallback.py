"""What a page shows while the network, the socket or the gateway is gone, and after."""

import os
import signal

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Open, running_site
from tests.browser.site import Site
from tests.browser.test_live import LIVE, begin, signed_in, until

POLLING = '.status[data-status="polling"]'
OFFLINE = '.status[data-status="offline"]'


def co2_values(page: Page) -> list[str]:
    rows = page.locator("tbody tr")
    return [rows.nth(i).locator("td").nth(1).inner_text() for i in range(rows.count())]


def watch(page: Page, room: str) -> None:
    page.get_by_role("button", name=room, exact=True).click()
    page.get_by_text("Les mesures en tableau").click()


def test_polling_without_a_socket_and_back(shared_site: Site, open_page: Open) -> None:
    shared_site.measure("Grenier", "s4", CO2=501)
    page = signed_in(shared_site, open_page)
    watch(page, "Grenier")
    page.evaluate("window.wsManager.disconnect()")
    page.wait_for_selector(POLLING)
    expect(page.locator(".status__words")).to_have_text("Interrogation toutes les 3 s")
    shared_site.measure("Grenier", "s4", CO2=502)
    expect(page.locator("tbody tr")).to_have_count(2)

    page.evaluate("window.wsManager.connect()")
    page.wait_for_selector(LIVE)
    shared_site.measure("Grenier", "s4", CO2=503)
    expect(page.locator("tbody tr")).to_have_count(3)
    assert co2_values(page) == ["503", "502", "501"]


def test_back_by_itself_after_a_cut(shared_site: Site, open_page: Open) -> None:
    page = open_page("about:blank")
    page.add_init_script(
        "const Real = WebSocket; window.opened = [];"
        "window.WebSocket = class extends Real {"
        "  constructor(...a) { super(...a); opened.push(this); } }"
    )
    page.goto(shared_site.url)
    begin(page, shared_site.token())
    # A frame that no client may send: the gateway cuts the connection.
    page.evaluate("opened.at(-1).send(new Uint8Array(8))")
    until(page, "opened.length === 2 && window.wsManager.isConnected", seconds=15)


def test_a_killed_gateway_is_survived(browser: Browser) -> None:
    with running_site() as site:
        site.measure("Bureau", CO2=601)
        context = browser.new_context(ignore_https_errors=True, locale="fr-FR")
        page = context.new_page()
        page.goto(site.url)
        begin(page, site.token())
        watch(page, "Bureau")
        site.measure("Bureau", CO2=602)
        expect(page.locator("tbody tr")).to_have_count(2)
        page.evaluate(
            "window.statuses = []; new MutationObserver(() => statuses.push("
            "document.querySelector('.status').dataset.status)).observe("
            "document.querySelector('.status'), {attributes: true})"
        )

        os.kill(site.find("-m app serve").pid, signal.SIGKILL)
        page.wait_for_selector(OFFLINE)
        expect(page.locator(".overview__verdict")).to_have_text("La passerelle est injoignable")
        site.restart()
        site.measure("Bureau", CO2=603)

        page.wait_for_selector(LIVE)
        site.measure("Bureau", CO2=604)
        expect(page.locator("tbody tr")).to_have_count(4)
        assert co2_values(page) == ["604", "603", "602", "601"]
        assert page.evaluate("statuses")[0] == "reconnecting"
        context.close()

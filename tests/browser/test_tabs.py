"""Several tabs of one person: one connection, and none of them misses anything."""

from playwright.sync_api import Locator, Page, WebSocket, expect

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_live import LIVE, until
from tests.browser.test_sign_in import enter


def co2(page: Page, room: str) -> Locator:
    return page.locator(".card", has_text=room).locator(".reading__number").first


def test_one_socket_for_all_and_the_next_tab_goes_on(shared_site: Site, open_page: Open) -> None:
    sockets: list[WebSocket] = []

    def opened(socket: WebSocket) -> None:  # a built-in method is no listener to Playwright
        sockets.append(socket)

    first = open_page(shared_site.url)
    first.on("websocket", opened)
    enter(first)
    first.wait_for_selector(LIVE)
    second = first.context.new_page()
    second.on("websocket", opened)
    second.goto(shared_site.url)
    second.wait_for_selector(LIVE)
    shared_site.measure("Hangar", "s8", CO2=611)
    for page in (first, second):
        page.bring_to_front()
        expect(co2(page, "Hangar")).to_have_text("611")
    assert len(sockets) == 1

    first.close()
    shared_site.measure("Hangar", "s8", CO2=612)
    expect(co2(second, "Hangar")).to_have_text("612")
    until(second, "window.wsManager.isConnected")
    if len(sockets) == 1:  # it is connected before Playwright tells of it
        second.wait_for_event("websocket")
    assert len(sockets) == 2

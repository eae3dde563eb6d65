"""A page outlives its token: renewed on the open socket, and first of all after a sleep."""

import pytest
from playwright.sync_api import Page, WebSocket, expect

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_live import LIVE, begin
from tests.browser.test_sign_in import TOKEN, enter

RENEW_BY_THE_TEST = """
  const { session } = await import("/js/charts.js");
  session.setRenewal(() => window.mint());
"""


def page_that_renews(site: Site, open_page: Open, minted: list[str]) -> Page:
    """The page gets its fresh tokens from the test."""

    def mint() -> str:
        minted.append(site.token())
        return minted[-1]

    page = open_page(site.url)
    page.expose_function("mint", mint)
    page.evaluate(f"async () => {{ {RENEW_BY_THE_TEST} }}")
    return page


def test_a_token_that_ends_soon_is_renewed_on_the_open_socket(
    shared_site: Site, open_page: Open
) -> None:
    minted: list[str] = []
    heard: list[str] = []
    sockets: list[WebSocket] = []

    def listen(socket: WebSocket) -> None:
        sockets.append(socket)
        socket.on("framereceived", lambda text: heard.append(str(text)))

    page = page_that_renews(shared_site, open_page, minted)
    page.on("websocket", listen)
    begin(page, shared_site.token(ttl="61s"))
    for _ in range(300):
        if any('"authenticated"' in text for text in heard):
            break
        page.wait_for_timeout(100)
    else:
        pytest.fail("it was not renewed")
    assert (len(minted), len(sockets)) == (1, 1)
    assert page.evaluate("window.wsManager.isConnected")


def test_the_cookie_renews_the_token_on_the_open_socket(shared_site: Site, open_page: Open) -> None:
    """As on a page that nobody touches: the gateway says when, the cookie brings the token."""
    heard: list[str] = []
    sockets: list[WebSocket] = []

    def listen(socket: WebSocket) -> None:
        sockets.append(socket)
        socket.on("framereceived", lambda text: heard.append(str(text)))

    page = open_page(shared_site.url)
    enter(page)
    page.wait_for_selector(LIVE)
    begin(page, shared_site.token("dashboard", "61s", "--subject", "marie"))
    page.on("websocket", listen)
    with page.expect_response("**/auth/refresh") as refreshed:
        page.evaluate("window.wsManager.disconnect(); window.wsManager.connect()")
    given = refreshed.value.json()["access_token"]
    for _ in range(300):
        if any('"authenticated"' in text for text in heard):
            break
        page.wait_for_timeout(100)
    assert any('"authenticated"' in text for text in heard)
    assert page.evaluate(TOKEN) == given
    assert len(sockets) == 1
    assert page.evaluate("window.wsManager.isConnected")


def test_a_laptop_that_slept_past_the_end_comes_back_by_renewing_first(
    shared_site: Site, open_page: Open
) -> None:
    minted: list[str] = []
    shared_site.measure("Veille", "s7", CO2=611)
    page = page_that_renews(shared_site, open_page, minted)
    begin(page, shared_site.token(ttl="4s"))
    page.context.set_offline(True)
    page.wait_for_timeout(6_000)
    shared_site.measure("Veille", "s7", CO2=1_234)
    page.context.set_offline(False)
    expect(page.locator(".card", has_text="Veille")).to_contain_text("234", timeout=20_000)
    page.wait_for_selector(LIVE)
    assert minted
    assert page.get_by_role("button", name="Se connecter").count() == 0

"""The door: pasted tokens, links that carry one, and tokens that end."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_live import LIVE, signed_in

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"


def test_a_pasted_token_opens_the_page(shared_site: Site, open_page: Open) -> None:
    page = open_page(shared_site.url)
    page.get_by_label("Collez le jeton").fill(shared_site.token())
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_selector(LIVE)
    expect(page.locator(".bar__tenant")).to_have_text("acme")


def test_what_is_no_token_is_said_in_words(shared_site: Site, open_page: Open) -> None:
    page = open_page(shared_site.url)
    for text, words in (
        ("bonjour", "trois parties"),
        ("eyJhbGciOiJub25lIn0.e30.x", "pas valable"),
        (shared_site.device, "pas accès au tableau de bord"),
    ):
        page.get_by_label("Collez le jeton").fill(text)
        page.get_by_role("button", name="Se connecter").click()
        expect(page.get_by_role("alert")).to_contain_text(words)


def test_a_link_leaves_no_token_behind(shared_site: Site, open_page: Open) -> None:
    token = shared_site.token()
    page = open_page(f"{shared_site.url}#token={token}")
    page.wait_for_selector(LIVE)
    assert page.url == shared_site.url
    assert token not in page.evaluate(STORED)
    assert token not in page.content()


def test_pages_change_without_signing_in_again(shared_site: Site, open_page: Open) -> None:
    page = signed_in(shared_site, open_page)
    page.get_by_role("link", name="Plan").click()
    expect(page).to_have_title("Jumeau numérique · IAQverse")
    assert page.evaluate("window.wsManager.isConnected")
    page.go_back()
    expect(page).to_have_title("Tableau de bord · IAQverse")
    assert page.evaluate("window.wsManager.isConnected")


def test_an_expired_token_asks_for_another(shared_site: Site, open_page: Open) -> None:
    page = open_page(f"{shared_site.url}#token={shared_site.token(ttl='4s')}")
    page.wait_for_selector(LIVE)
    expect(page.get_by_role("alert")).to_contain_text("Votre session a pris fin", timeout=15_000)
    page.get_by_label("Collez le jeton").fill(shared_site.token())
    page.get_by_role("button", name="Se connecter").click()
    page.wait_for_selector(LIVE)


def test_signing_out_clears_the_page(shared_site: Site, open_page: Open) -> None:
    shared_site.measure("Bureau")
    page = signed_in(shared_site, open_page)
    expect(page.locator(".card", has_text="Bureau")).to_be_visible()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("alert")).to_have_text("Vous êtes déconnecté.")
    assert page.locator(".card").count() == 0
    assert page.evaluate("window.wsManager.isConnected") is False

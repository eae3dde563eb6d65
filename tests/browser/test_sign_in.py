"""The door: name and password, a session that outlives the page, several tabs, and its end."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.site import PASSWORD, USER, Site
from tests.browser.test_live import LIVE, begin, signed_in, until

STORED = "JSON.stringify([{...localStorage}, {...sessionStorage}, document.cookie])"
WRONG = "L\u2019identifiant ou le mot de passe est incorrect."
TOKEN = "async () => (await import('/js/charts.js')).session.token"


def enter(page: Page, login: str = USER, password: str = PASSWORD) -> None:
    page.get_by_label("Identifiant").fill(login)
    page.get_by_label("Mot de passe").fill(password)
    page.get_by_role("button", name="Se connecter").click()


def entered(site: Site, open_page: Open) -> Page:
    page = open_page(site.url)
    enter(page)
    page.wait_for_selector(LIVE)
    return page


def test_a_name_and_a_password_open_the_page(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    page = open_page(shared_site.url)
    assert page.get_by_label("Identifiant").get_attribute("autocomplete") == "username"
    assert page.get_by_label("Mot de passe").get_attribute("autocomplete") == "current-password"
    enter(page)
    page.wait_for_selector(LIVE)
    expect(page.locator(".bar__tenant")).to_have_text("acme")
    assert complaints == []


def test_no_script_can_read_what_signs_in(shared_site: Site, open_page: Open) -> None:
    page = entered(shared_site, open_page)
    token = page.evaluate(TOKEN)
    stored = page.evaluate(STORED)
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["httpOnly"], cookie["secure"], cookie["sameSite"]) == (
        "__Host-iaqverse-refresh", True, True, "Strict",
    )  # fmt: skip
    for secret in (token, cookie["value"], PASSWORD):
        assert secret not in stored
        assert secret not in page.content()


@pytest.mark.parametrize(
    ("login", "password"), [(USER, "a wrong password"), ("nobody@acme", PASSWORD), ("x", "y")]
)
def test_what_is_wrong_is_said_in_words_and_alike(
    shared_site: Site, open_page: Open, login: str, password: str
) -> None:
    page = open_page(shared_site.url)
    enter(page, login, password)
    expect(page.get_by_role("alert")).to_have_text(WRONG)
    enter(page)
    page.wait_for_selector(LIVE)


def test_a_page_that_is_loaded_again_stays_signed_in(shared_site: Site, open_page: Open) -> None:
    page = entered(shared_site, open_page)
    before = page.context.cookies()[0]["value"]
    for _ in range(3):
        page.reload()
        page.wait_for_selector(LIVE)
    assert page.context.cookies()[0]["value"] != before
    with page.expect_request("**/auth/refresh"):
        page.reload(wait_until="commit")
    page.reload()  # the answer that is on its way is lost
    page.wait_for_selector(LIVE)


def test_a_token_that_was_refused_is_renewed_by_the_cookie(
    shared_site: Site, open_page: Open
) -> None:
    page = entered(shared_site, open_page)
    begin(page, shared_site.token(ttl="4s"))
    page.evaluate("window.wsManager.disconnect(); window.wsManager.connect()")
    page.wait_for_timeout(6_000)
    page.wait_for_selector(LIVE)
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_tabs_share_the_session_and_its_end(shared_site: Site, open_page: Open) -> None:
    first = open_page(shared_site.url)
    second = first.context.new_page()
    second.goto(shared_site.url)
    first.bring_to_front()  # a page behind another draws nothing, and nothing is waited for there
    enter(first)
    for page in (first, second):
        until(page, "window.wsManager.isConnected")
    for page in (first, second):
        page.evaluate("window.again = import('/js/charts.js').then((m) => m.account.renew())")
    for page in (first, second):
        assert page.evaluate("window.again") is not None
    second.bring_to_front()
    second.get_by_role("button", name="Se déconnecter").click()
    for page in (second, first):
        page.bring_to_front()
        expect(page.get_by_role("alert")).to_have_text("Vous êtes déconnecté.")
        until(page, "!window.wsManager.isConnected")
    while first.context.cookies():  # the pages do not wait for the gateway's answer
        first.wait_for_timeout(20)
    first.reload()
    expect(first.get_by_label("Identifiant")).to_be_focused()


def test_all_devices_are_signed_out_by_one_of_them(shared_site: Site, open_page: Open) -> None:
    here, elsewhere = entered(shared_site, open_page), entered(shared_site, open_page)
    here.bring_to_front()
    here.once("dialog", lambda dialog: dialog.accept())
    here.get_by_role("button", name="Déconnecter tous les appareils").click()
    expect(here.get_by_role("alert")).to_have_text("Vous êtes déconnecté.")
    elsewhere.bring_to_front()
    expect(elsewhere.get_by_role("alert")).to_contain_text("Votre session a pris fin")


def test_a_cookie_alone_opens_no_socket(shared_site: Site, open_page: Open) -> None:
    page = entered(shared_site, open_page)
    opened = page.evaluate(
        "new Promise((done) => { const socket = new WebSocket(`wss://${location.host}/ws`);"
        " socket.onopen = () => done(true); socket.onerror = () => done(false); })"
    )
    assert opened is False


def test_a_user_who_is_disabled_is_out(shared_site: Site, open_page: Open) -> None:
    shared_site.command("user", "add", "paul@acme", typed=PASSWORD)
    page = open_page(shared_site.url)
    enter(page, "paul@acme")
    page.wait_for_selector(LIVE)
    shared_site.command("user", "disable", "paul@acme")
    until(page, "!window.wsManager.isConnected")
    page.reload()
    enter(page, "paul@acme")
    expect(page.get_by_role("alert")).to_contain_text("incorrect")


def test_an_operators_account_opens_the_operators_page(shared_site: Site, open_page: Open) -> None:
    shared_site.command("user", "add", "ops@acme", "--role", "admin", typed=PASSWORD)
    page = open_page(shared_site.url)
    enter(page, "ops@acme")
    expect(page).to_have_title("Administration · IAQverse")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_token_in_the_address_is_nothing(shared_site: Site, open_page: Open) -> None:
    page = open_page(f"{shared_site.url}#token={shared_site.token()}")
    expect(page.get_by_label("Identifiant")).to_be_focused()


def test_pages_change_without_signing_in_again(shared_site: Site, open_page: Open) -> None:
    page = signed_in(shared_site, open_page)
    page.get_by_role("link", name="Plan").click()
    expect(page).to_have_title("Jumeau numérique · IAQverse")
    assert page.evaluate("window.wsManager.isConnected")
    page.go_back()
    expect(page).to_have_title("Tableau de bord · IAQverse")
    assert page.evaluate("window.wsManager.isConnected")


def test_an_expired_token_without_a_cookie_asks_for_the_person(
    shared_site: Site, open_page: Open
) -> None:
    page = open_page(shared_site.url)
    begin(page, shared_site.token(ttl="8s"))  # it has to be live before that ends
    expect(page.get_by_role("alert")).to_contain_text("Votre session a pris fin", timeout=40_000)
    enter(page)
    page.wait_for_selector(LIVE)


def test_signing_out_clears_the_page(shared_site: Site, open_page: Open) -> None:
    shared_site.measure("Bureau")
    page = signed_in(shared_site, open_page)
    expect(page.locator(".card", has_text="Bureau")).to_be_visible()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("alert")).to_have_text("Vous êtes déconnecté.")
    expect(page.locator(".card")).to_have_count(0)
    until(page, "!window.wsManager.isConnected")

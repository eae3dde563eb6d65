"""From a sensor's POST to the chart, over WSS, in a real browser."""

import time

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PATIENCE_MS, Open
from tests.browser.site import Site

LIVE = '.status[data-status="live"]'


def signed_in(site: Site, open_page: Open, page: str = "", **options: object) -> Page:
    opened = open_page(site.url + page, **options)
    begin(opened, site.token())
    return opened


def begin(page: Page, token: str) -> None:
    """As if somebody had signed in with this token."""
    page.evaluate("async (token) => (await import('/js/charts.js')).session.begin(token)", token)
    page.wait_for_selector(LIVE)


def until(page: Page, expression: str, seconds: float = PATIENCE_MS / 1_000) -> None:
    """Playwright's own way to wait evaluates text in the page, which the page's policy refuses."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def test_a_measurement_arrives_in_card_chart_and_table(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    page = signed_in(shared_site, open_page)
    page.evaluate("window.seen = []; window.wsManager.on('measurements', (m) => seen.push(m))")
    shared_site.measure("Bureau", "s1")
    bureau = page.locator(".card", has_text="Bureau")
    expect(bureau).to_contain_text("645")
    expect(bureau).to_contain_text("Bon")
    expect(bureau.locator(".ring__figure")).to_have_text("85")
    message = page.evaluate("seen[0]")
    assert message["global_score"] == 85
    assert message["co2"] == 645

    bureau.get_by_role("button").click()
    shared_site.measure("Bureau", "s1", CO2=702)
    expect(page.locator(".chart__number").first).to_have_text("702")
    page.get_by_text("Les mesures en tableau").click()
    expect(page.locator("tbody tr").first).to_contain_text("702")
    assert complaints == []


def test_history_is_there_before_anything_live(shared_site: Site, open_page: Open) -> None:
    now = time.time()
    for minute in range(30, 0, -1):
        shared_site.measure("Atelier", "s2", at=now - 60 * minute, CO2=400 + minute)
    page = signed_in(shared_site, open_page)
    page.get_by_role("button", name="Atelier", exact=True).click()
    page.get_by_text("Les mesures en tableau").click()
    expect(page.locator("tbody tr")).to_have_count(30)


def test_an_old_value_does_not_look_healthy(shared_site: Site, open_page: Open) -> None:
    shared_site.measure("Cellier", "s3", at=time.time() - 300)
    page = signed_in(shared_site, open_page)
    cave = page.locator(".card", has_text="Cellier")
    expect(cave).to_contain_text("Données anciennes")
    expect(cave).to_have_attribute("data-level", "stale")
    expect(cave).to_contain_text("il y a 5 min")


def test_a_room_that_fell_silent_long_ago_is_not_forgotten(
    shared_site: Site, open_page: Open
) -> None:
    shared_site.measure("Remise", "s8", at=time.time() - 3 * 86_400)
    page = signed_in(shared_site, open_page)
    expect(page.locator(".card", has_text="Remise")).to_have_attribute("data-level", "stale")


def test_the_documented_console_snippets(shared_site: Site, open_page: Open) -> None:
    page = signed_in(shared_site, open_page)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.evaluate("console.log('WebSocket connecté:', window.wsManager.isConnectionActive())")
    assert said == ["WebSocket connecté: true"]
    assert page.evaluate("window.wsManager.isConnected") is True
    assert page.evaluate("window.wsManager.subscriptions") == ["all"]
    page.evaluate("window.wsManager.disconnect(); window.wsManager.connect()")
    until(page, "window.wsManager.isConnected")


def test_narrowing_by_hand(shared_site: Site, open_page: Open) -> None:
    page = signed_in(shared_site, open_page)
    page.evaluate(
        "window.wsManager.subscribe(['measurements:Maison/Bureau', 'alerts']);"
        "window.wsManager.unsubscribe(['all'])"
    )
    until(page, "!window.wsManager.subscriptions.includes('all')")
    assert page.evaluate("window.wsManager.subscriptions") == [
        "alerts",
        "measurements:Maison/Bureau",
    ]


def test_every_topic_reaches_the_list(shared_site: Site, open_page: Open) -> None:
    page = signed_in(shared_site, open_page)
    publish = shared_site.publish
    publish("alerts", salle="Bureau", severity="critical", state="raised", message="CO2 haut")
    publish("actions", salle="Bureau", action="open_window", priority="high")
    publish("predictions", salle="Bureau", horizon_minutes=30, values={"CO2": 1210})
    publish("modules", salle="Bureau", module_id="w1", kind="window", state="open")
    events = page.locator(".events__list")
    for words in ("CO2 haut", "Ouvrir la fenêtre", "Dans 30 min", "Fenêtre"):
        expect(events).to_contain_text(words)
    page.get_by_role("button", name="Alertes", exact=True).click()
    expect(events.locator("li", has_text="CO2 haut")).to_have_count(1)
    expect(events).not_to_contain_text("Ouvrir la fenêtre")


def test_the_browser_trusts_the_authority_by_itself(
    shared_site: Site, browser: Browser, trusted: bool
) -> None:
    if not trusted:
        pytest.skip("certutil is not here: the browser could not be told to trust the authority")
    context = browser.new_context()
    response = context.new_page().goto(shared_site.url)
    assert response is not None
    details = response.security_details()
    assert details is not None
    assert "IAQverse development authority" in (details["issuer"] or "")
    context.close()

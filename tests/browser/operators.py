"""The operator's page, and what a test asks of the gateway beside it."""

import json
from functools import cache
from typing import Any

from playwright.sync_api import Locator, Page

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.stack.stack_process import Answer

BEGIN = "async (token) => (await import('/js/charts.js')).session.begin(token)"


@cache
def admin_token(site: Site, tenant: str = "acme") -> str:
    return site.command("token", "--role", "admin", "--tenant", tenant, "--ttl", "1h")


def operating(
    site: Site, open_page: Open, section: str = "", *, tenant: str = "acme", **options: object
) -> Page:
    """As if an admin of that tenant had signed in, on the section's page."""
    page = open_page(f"{site.url}admin.html#{section}", **options)
    page.evaluate(BEGIN, admin_token(site, tenant))
    page.wait_for_selector(".tabs")
    page.on("dialog", lambda dialog: dialog.accept())
    return page


def row(page: Page, words: str) -> Locator:
    return page.locator(".list tbody tr", has_text=words)


def act(page: Page, words: str, name: str) -> None:
    """Choose what to do with a row, out of its menu."""
    line = row(page, words)
    line.get_by_role("button", name="Actions").click()
    line.get_by_role("button", name=name).click()


def window(page: Page) -> Locator:
    return page.locator("dialog.dialog")


def shown_once(page: Page) -> str:
    """What the window shows; it is closed, and then it is nowhere."""
    secret = page.locator(".secret__text").inner_text()
    window(page).get_by_role("button", name="Fermer").click()
    window(page).wait_for(state="detached")
    assert secret not in page.content()
    return secret


def post(site: Site, path: str, body: Any, token: str = "") -> Answer:
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return site.ask(path, "POST", headers=headers, body=json.dumps(body).encode())

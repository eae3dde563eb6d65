"""Pictures of every page that somebody has, to be looked at with a critical eye.

PASSWORD=… python -m tests.browser.screenshots https://localhost:8443/ demo@demo FOLDER
"""

import os
import sys
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from app.stack.programs import find_chromium

SIZES = {"phone": (390, 844), "desktop": (1440, 900), "screen": (1920, 1080)}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LOCALES = ("fr-FR", "en-GB")
SETTLED_MS = 2_500
"""Until the charts have their history."""
THERE = '.status[data-status="live"], .tabs'
LINKS = "[...document.querySelectorAll('.bar__link:not([hidden]), .tab')].map(({ href }) => href)"


def take(browser: Browser, url: str, login: str, folder: Path) -> None:
    for scheme, locale in product(SCHEMES, LOCALES):
        context = browser.new_context(
            ignore_https_errors=True, locale=locale, color_scheme=scheme, service_workers="block"
        )
        page = context.new_page()
        page.goto(url)
        page.locator("#login").fill(login)
        page.locator("#password").fill(os.environ["PASSWORD"])
        page.locator("button[type=submit]").click()
        page.wait_for_selector(THERE)
        addresses: list[str] = page.evaluate(LINKS)
        for address, (size, (width, height)) in product(addresses, SIZES.items()):
            page.set_viewport_size({"width": width, "height": height})
            page.goto(address)
            page.wait_for_selector(THERE)
            page.wait_for_timeout(SETTLED_MS)
            name = address.rpartition("/")[2].replace(".html", "").replace("#", "-")
            page.screenshot(path=folder / f"{name}-{size}-{scheme}-{locale[:2]}.png")
        context.close()


def main(url: str, login: str, folder: str) -> None:
    Path(folder).mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(find_chromium()), args=["--no-sandbox"]
        )
        take(browser, url, login, Path(folder))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])

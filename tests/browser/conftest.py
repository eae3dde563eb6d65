import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    expect,
    sync_playwright,
)

from app.stack.programs import find_chromium
from tests.browser.site import Site, browser_environment

PATIENCE_MS = 15_000
"""For what a page is to show, on a machine that others use as well; playwright's own is 5 s."""
expect.set_options(timeout=PATIENCE_MS)

Open = Callable[..., Page]


@contextmanager
def running_site() -> Iterator[Site]:
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)  # nginx's worker has to enter
    try:
        with Site(folder) as site:
            site.prepare()
            yield site
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_site() -> Iterator[Site]:
    if not find_chromium():
        pytest.skip("no Chromium on this machine")
    with running_site() as site:
        yield site


@pytest.fixture(scope="session")
def trusted(shared_site: Site) -> bool:
    return shared_site.trust()


@pytest.fixture(scope="module")  # while it is open no other test can run an event loop
def browser(shared_site: Site, trusted: bool) -> Iterator[Browser]:
    assert trusted in (True, False)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(find_chromium()),
            args=["--no-sandbox"],  # tests run as root in containers
            env=browser_environment(shared_site.folder),
        )
        yield chromium
        chromium.close()


@pytest.fixture
def complaints() -> list[str]:
    """What a page wrote on its console as an error, a refused policy among them."""
    return []


@pytest.fixture
def open_page(browser: Browser, trusted: bool, complaints: list[str]) -> Iterator[Open]:
    """Open a page in a fresh profile; the certificate is checked wherever it can be trusted."""
    contexts: list[BrowserContext] = []

    def note(said: ConsoleMessage) -> None:
        if said.type == "error":
            complaints.append(said.text)

    def opened(url: str, *, locale: str = "fr-FR", width: int = 1280, height: int = 900) -> Page:
        context = browser.new_context(
            ignore_https_errors=not trusted,
            locale=locale,
            viewport={"width": width, "height": height},
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", note)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()

"""Whatever happens to network, page, socket, nginx and gateway: every point once in the chart."""

import os
import re
import signal
from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import running_site
from tests.browser.numbered import FIRST, Numbered
from tests.browser.site import Site
from tests.browser.test_fallback import OFFLINE, POLLING
from tests.browser.test_live import LIVE, begin, until

LISTEN = """async () => {
  const { live } = await import("/js/charts.js");
  window.live = live;
  window.delivered = [];
  const apply = live.store.apply;
  live.store.apply = (message) => {
    delivered.push(message.position);
    return apply.call(live.store, message);
  };
}"""
SHOW = """(visible) => {
  Object.defineProperty(document, "hidden", { configurable: true, value: !visible });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
SERIES = "[...[...live.store.rooms.values()][0].sensors.values()][0].columns.CO2"
REPEATED = "delivered.filter((position, i) => delivered.indexOf(position) !== i)"


def kill_nginxs_workers(_page: Page, site: Site) -> None:
    """Its master starts others, as after a restart: every connection through it is gone."""
    for process in site.look():
        if "nginx: worker" in process.command:
            os.kill(process.pid, signal.SIGKILL)


def cut_the_network(page: Page, site: Site) -> None:
    page.context.set_offline(True)
    kill_nginxs_workers(page, site)  # the browser leaves a socket that is open as it is
    page.wait_for_selector(OFFLINE)
    page.context.set_offline(False)


def hide_the_page(page: Page, site: Site) -> None:
    """A browser without a screen hides no page: it is told so, and loses its socket meanwhile."""
    page.evaluate(SHOW, False)
    kill_nginxs_workers(page, site)
    until(page, "!window.wsManager.isConnected")
    page.wait_for_timeout(1500)
    assert page.evaluate("window.wsManager.isConnected") is False
    page.evaluate(SHOW, True)


def refuse_the_socket(page: Page, _site: Site) -> None:
    page.evaluate("window.wsManager.disconnect()")
    page.wait_for_selector(POLLING)
    page.wait_for_timeout(3500)
    page.evaluate("window.wsManager.connect()")


def kill_the_gateway(_page: Page, site: Site) -> None:
    os.kill(site.find("-m app serve").pid, signal.SIGKILL)
    site.restart()


TROUBLES: list[Callable[[Page, Site], None]] = [
    cut_the_network,
    hide_the_page,
    refuse_the_socket,
    kill_nginxs_workers,
    kill_the_gateway,
]


def test_the_chart_holds_every_acknowledged_measurement_once(browser: Browser) -> None:
    with running_site() as site:
        site.measure("Bureau", CO2=FIRST - 1)
        page = browser.new_context(ignore_https_errors=True, locale="fr-FR").new_page()
        page.goto(site.url)
        begin(page, site.token())
        page.wait_for_selector(".chart__plot")
        page.wait_for_load_state("networkidle")
        page.evaluate(LISTEN)
        with Numbered(site, "Bureau", "s1") as numbered:
            for trouble in TROUBLES:
                trouble(page, site)
                reached = len(numbered.acknowledged) + 1
                until(page, f"{SERIES}.length > {reached}", seconds=60)
                page.wait_for_selector(LIVE)
        expected = [FIRST - 1, *numbered.acknowledged]
        until(page, f"{SERIES}.length >= {len(expected)}", seconds=60)
        assert page.evaluate(SERIES) == expected
        expect(page.locator(".chart__plot").first).to_have_attribute(
            "aria-label", re.compile(rf"\b{len(expected)} points$")
        )
        assert page.evaluate(REPEATED) == []
        page.context.close()

"""What a page weighs when it is opened, and when it stays open."""

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_live import signed_in

WEIGHT = """() => [...performance.getEntriesByType("navigation"),
    ...performance.getEntriesByType("resource")]
  .filter(({ name }) => !/\\/(api|auth)\\//.test(name))
  .reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0)"""
HOURS = """async ([from, to]) => {
  const { live } = await import("/js/charts.js");
  const frame = () => new Promise((drawn) => requestAnimationFrame(drawn));
  const now = Date.now();
  for (let n = from; n < to; n += 1) {
    const timestamp = new Date(now + n * 60_000).toISOString();
    const place = { enseigne: "Maison", salle: "Grange", timestamp };
    const values = { CO2: 500 + (n % 700), Temperature: 20 };
    const sent = { type: "measurement", sensor_id: "day", values, global_score: 80 };
    live.store.apply({ ...place, ...sent });
    live.store.apply({ ...place, type: "action", action: `open_${n}` });
    if (n % 10 === 0) { live.recall({ at: 0, tenant: null, measurements: [] }); await frame(); }
  }
  await frame();
  return document.querySelectorAll("*").length;
}"""


def test_less_than_150_kilobytes_compressed(shared_site: Site, open_page: Open) -> None:
    page = signed_in(shared_site, open_page)
    weight = page.evaluate(WEIGHT)
    assert 50_000 < weight < 150_000


def test_hours_later_it_has_no_more_nodes(shared_site: Site, open_page: Open) -> None:
    page = signed_in(shared_site, open_page)
    after_a_while = page.evaluate(HOURS, [0, 200])
    assert page.evaluate(HOURS, [200, 800]) <= after_a_while + 20

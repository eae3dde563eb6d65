"""Alerts: a rule is written, a room passes it, somebody hears of it and takes care of it."""

from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.site import Site
from tests.browser.test_accessibility import violations
from tests.browser.test_live import signed_in, until


def test_a_rule_is_written_and_its_alert_is_taken_care_of_and_ends(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    page = signed_in(shared_site, open_page, "alerts.html")
    rules = page.get_by_role("table", name="Règles")
    expect(rules).to_contain_text("CO₂ au-dessus de 1 200 ppm")
    page.get_by_role("button", name="Ajouter une règle").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Grandeur").select_option("TVOC")
    form.get_by_label("Seuil").fill("0.5")
    form.get_by_label("Gravité").select_option("critical")
    form.get_by_label("Salle").fill("Serre")
    page.keyboard.press("Enter")
    expect(form.get_by_role("alert")).not_to_be_empty()  # a room without its site
    form.get_by_label("Enseigne").fill("Maison")
    page.keyboard.press("Enter")
    expect(form).to_have_count(0)
    expect(rules).to_contain_text("COV au-dessus de 0,50 mg/m³")
    expect(page.get_by_text("Vos propres règles.")).to_be_visible()

    shared_site.measure("Serre", "s4", TVOC=0.9)
    open_ = page.get_by_role("table", name="En cours")
    expect(open_).to_contain_text("Maison, Serre")
    open_.get_by_role("button", name="Prendre en charge").click()
    expect(open_).to_contain_text("dashboard-cli")
    for scheme in ("light", "dark"):
        assert violations(page, scheme) == []
    shared_site.measure("Serre", "s4", TVOC=0.2)
    expect(page.get_by_text("Aucune alerte en cours.")).to_be_visible()
    expect(page.get_by_role("table", name="Passées")).to_contain_text("Maison, Serre")

    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_role("button", name="Revenir aux règles de départ").click()
    expect(rules).not_to_contain_text("0,50")
    assert [each for each in complaints if "422" not in each] == []


def test_of_two_who_change_the_rules_the_later_is_told(shared_site: Site, open_page: Open) -> None:
    here, there = (signed_in(shared_site, open_page, "alerts.html") for _ in range(2))
    for page in (here, there):
        page.bring_to_front()
        page.get_by_role("button", name="Ajouter une règle").click()
        page.get_by_role("dialog").get_by_label("Seuil").fill("9000")
    here.evaluate("0")
    here.bring_to_front()
    here.get_by_role("button", name="Enregistrer").click()
    expect(here.get_by_role("dialog")).to_have_count(0)
    there.bring_to_front()
    there.get_by_role("button", name="Enregistrer").click()
    expect(there.get_by_role("dialog").get_by_role("alert")).to_contain_text("vient de modifier")
    here.bring_to_front()
    here.once("dialog", lambda dialog: dialog.accept())
    here.get_by_role("button", name="Revenir aux règles de départ").click()
    expect(here.get_by_text("Les règles de départ")).to_be_visible()


def test_a_webhook_is_added_without_its_secret_being_shown_and_taken_away(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    page = signed_in(shared_site, open_page, "alerts.html")
    page.get_by_role("button", name="Ajouter un webhook").click()
    form = page.get_by_role("dialog")
    form.get_by_label("Adresse").fill("https://hooks.example.org/air")
    form.get_by_label("Secret").fill("a secret of sixteen")
    page.keyboard.press("Enter")
    outlets = page.get_by_role("table", name="Envois")
    expect(outlets).to_contain_text("https://hooks.example.org/air")
    assert "a secret of sixteen" not in page.content()
    outlets.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_text("que sur ces pages.")).to_be_visible()
    assert complaints == []


HEARD = """() => {
  window.tones = [];
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    tones.push(Math.round(this.frequency.value));
    start.call(this, at);
  };
  window.notified = [];
  const show = ServiceWorkerRegistration.prototype.showNotification;
  ServiceWorkerRegistration.prototype.showNotification = async function (title, options) {
    await show.call(this, title, options);
    notified.push([title, options.body, options.tag]);
  };
}"""
"""Which notifications there are is told by the browser when it likes."""


def test_an_alert_is_heard_and_notified_where_that_was_switched_on(
    shared_site: Site, open_page: Open
) -> None:
    page = signed_in(shared_site, open_page)
    page.context.grant_permissions(["notifications"])
    page.evaluate(HEARD)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    shared_site.publish("alerts", salle="Salon", severity="warning", state="raised", message="a")
    shared_site.measure("Salon", "s5")
    expect(page.locator(".events__list")).to_contain_text("a")
    assert page.evaluate("tones") == []
    page.get_by_role("button", name="Alertes par son et notification").click()
    until(page, "tones.length === 2")
    page.evaluate("tones.length = 0")
    shared_site.publish(
        "alerts", salle="Salon", severity="critical", state="raised", message="b", alert_id="x"
    )
    until(page, "tones.length === 4")
    assert page.evaluate("tones") == [659, 831, 659, 831]
    until(page, "notified.length > 0")
    assert page.evaluate("notified") == [["Salon, Maison", "b\nCritique en cours", "x"]]

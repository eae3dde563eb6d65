"""The operator's page: each section's main act, against the gateway."""

import re
from typing import Literal

import pytest
import zxingcpp
from playwright.sync_api import Locator, expect

from tests.browser.conftest import Open
from tests.browser.operators import (
    BEGIN,
    act,
    admin_token,
    operating,
    post,
    row,
    shown_once,
    window,
)
from tests.browser.site import Site
from tests.browser.test_accessibility import violations
from tests.browser.test_live import signed_in, until
from tests.browser.test_sign_in import enter

SECTIONS = ("connections", "devices", "people", "tokens", "tenants", "audit", "system")
REVOKE = """async () => {
  const { http } = await import("/js/charts.js");
  for (let n = 1; n <= 101; n += 1) {
    await http.act("POST", "/api/admin/revocations", {}, { kind: "token", name: `lost-${n}` });
  }
}"""
REVOKE_OWN = """async () => {
  const { http, session } = await import("/js/charts.js");
  const { jti } = session.claims;
  await http.act("POST", "/api/admin/revocations", {}, { kind: "token", name: jti });
}"""
MODULE = 4
"""Pixels."""


def measurement(sensor: str) -> dict[str, object]:
    return {"sensor_id": sensor, "enseigne": "Maison", "salle": "Cave", "values": {"CO2": 600}}


def read_by_a_camera(code: Locator) -> list[str]:
    """What another program than the one that drew it reads in the picture."""
    size = int((code.get_attribute("viewBox") or "").split()[-1]) * MODULE
    pixels = bytearray(b"\xff" * size * size)
    drawn = code.locator("path").get_attribute("d") or ""
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn):
        for line in range(MODULE):
            at = (int(y) * MODULE + line) * size + int(x) * MODULE
            pixels[at : at + MODULE] = bytes(MODULE)
    picture = memoryview(bytes(pixels)).cast("B", shape=[size, size])
    return [found.text for found in zxingcpp.read_barcodes(picture)]


def test_who_is_connected_is_seen_and_disconnected_and_why_is_said(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    dashboard = signed_in(shared_site, open_page)
    page = operating(shared_site, open_page)
    live = row(page, "dashboard-cli").first
    expect(live).to_contain_text("all")
    page.get_by_role("searchbox").fill("nobody")
    expect(page.get_by_text("Personne n\u2019est connecté.")).to_be_visible()
    page.get_by_role("searchbox").fill("dashboard")
    live.get_by_role("button", name="Couper").click()
    expect(page.get_by_role("status").first).to_contain_text("est coupée")
    dashboard.bring_to_front()
    until(dashboard, "!window.wsManager.isConnected")
    page.bring_to_front()
    expect(row(page, "Coupée par un opérateur").first).to_be_visible()
    expect(page.locator(".tally")).to_contain_text("Coupée par un opérateur")
    assert complaints == []


def test_a_device_is_added_by_a_code_that_a_camera_reads_and_claims_itself_with_it(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    page = operating(shared_site, open_page, "devices")
    page.get_by_role("button", name="Ajouter un appareil").click()
    form = window(page)
    form.get_by_label("Identifiant").fill("cave")
    form.get_by_label("Capteurs").fill("c1, c2")
    form.get_by_label("Salle").fill("Cave")
    page.keyboard.press("Enter")
    (text,) = read_by_a_camera(page.locator(".qr"))
    until(page, "document.querySelector('dialog.dialog').contains(document.activeElement)")
    code = shown_once(page)
    assert text == f"IAQVERSE:LOCALHOST:{shared_site.https_port}/{code}"
    claimed = post(shared_site, "/auth/claim", {"code": code})
    assert (claimed.status, claimed.json["sensors"]) == (201, ["c1", "c2"])
    expect(row(page, "cave")).to_contain_text("1 valable")
    assert complaints == []


def test_a_devices_token_is_replaced_and_revoked(shared_site: Site, open_page: Open) -> None:
    former = shared_site.command("device", "add", "grenier", "--tenant", "acme", "--sensors", "g1")
    page = operating(shared_site, open_page, "devices")
    act(page, "grenier", "Nouveau jeton…")
    form = window(page)
    form.get_by_label("L\u2019ancien reste valable").select_option("0")
    form.get_by_role("button", name="Nouveau jeton…").click()
    token = shown_once(page)
    assert post(shared_site, "/api/ingest", measurement("g1"), token).status == 200
    assert post(shared_site, "/api/ingest", measurement("g1"), former).status == 401
    act(page, "grenier", "Révoquer")
    expect(row(page, "grenier")).to_contain_text("aucun")
    assert post(shared_site, "/api/ingest", measurement("g1"), token).status == 401


def test_a_person_is_added_disabled_and_given_another_password(
    shared_site: Site, open_page: Open
) -> None:
    page = operating(shared_site, open_page, "people")
    page.get_by_role("button", name="Ajouter une personne").click()
    form = window(page)
    form.get_by_label("Nom").fill("lea")
    page.keyboard.press("Enter")
    first = shown_once(page)

    hers = open_page(shared_site.url)
    enter(hers, "lea@acme", first)
    until(hers, "window.wsManager.isConnected")
    page.bring_to_front()
    act(page, "lea@acme", "Nouveau mot de passe")
    second = shown_once(page)
    assert second != first
    hers.bring_to_front()
    until(hers, "!window.wsManager.isConnected")
    page.bring_to_front()
    act(page, "lea@acme", "Désactiver")
    expect(row(page, "lea@acme")).to_contain_text("désactivé")
    expect(row(page, "lea@acme").get_by_role("button", name="Actions")).to_be_focused()


def test_a_service_gets_a_token_that_ends_when_it_is_revoked(
    shared_site: Site, open_page: Open
) -> None:
    page = operating(shared_site, open_page, "tokens")
    page.get_by_role("button", name="Jeton de service").click()
    form = window(page)
    form.get_by_label("Service").fill("automate")
    page.keyboard.press("Enter")
    token = shown_once(page)
    action = {"enseigne": "Maison", "salle": "Cave", "action": "ventilate"}
    assert post(shared_site, "/api/publish/actions", action, token).status == 200
    act(page, "automate", "Révoquer")
    expect(row(page, "automate")).to_contain_text("terminé")
    assert post(shared_site, "/api/publish/actions", action, token).status == 401


def test_what_was_done_is_read_by_kind(shared_site: Site, open_page: Open) -> None:
    page = operating(shared_site, open_page, "audit")
    page.get_by_label("Montrer").select_option("user_added")
    expect(row(page, "marie")).to_be_visible()
    expect(row(page, "Jeton donné")).to_have_count(0)


def test_what_is_more_than_a_page_is_turned_over(shared_site: Site, open_page: Open) -> None:
    page = operating(shared_site, open_page, "audit")
    page.evaluate(REVOKE)
    page.get_by_label("Montrer").select_option("token_revoked")
    expect(row(page, "lost-101")).to_be_visible()
    page.get_by_role("button", name="Page suivante").click()
    expect(page.get_by_role("cell", name="lost-1", exact=True)).to_be_visible()
    expect(row(page, "lost-101")).to_have_count(0)
    page.get_by_role("button", name="Page précédente").click()
    expect(row(page, "lost-101")).to_be_visible()


def test_the_platform_adds_a_tenant_and_says_how_long_it_keeps_its_past(
    shared_site: Site, open_page: Open
) -> None:
    page = operating(shared_site, open_page, "tenants", tenant="*")
    page.get_by_role("button", name="Ajouter une organisation").click()
    window(page).get_by_label("Nom").fill("globex")
    page.keyboard.press("Enter")
    act(page, "globex", "Conservation")
    window(page).get_by_label("Messages").fill("90")
    page.keyboard.press("Enter")
    expect(row(page, "globex")).to_contain_text("90 jours")
    act(page, "globex", "Désactiver")
    expect(row(page, "globex")).to_contain_text("désactivé")


def test_the_platform_sees_all_and_chooses_a_tenant(
    shared_site: Site, open_page: Open, complaints: list[str]
) -> None:
    page = operating(shared_site, open_page, "system", tenant="*")
    expect(page.get_by_text("Tout fonctionne.")).to_be_visible()
    expect(row(page, "Certificat")).to_contain_text("jours")
    page.get_by_role("link", name="Appareils").click()
    expect(page.get_by_text("Choisissez d\u2019abord une organisation.")).to_be_visible()
    page.get_by_role("combobox", name="Organisation").select_option("acme")
    expect(row(page, "hub").first).to_be_visible()
    assert complaints == []


def test_what_is_refused_is_said_and_can_be_mended(shared_site: Site, open_page: Open) -> None:
    page = operating(shared_site, open_page, "devices")
    page.get_by_role("button", name="Ajouter un appareil").click()
    form = window(page)
    form.get_by_label("Identifiant").fill("hub")
    form.get_by_label("Capteurs").fill("s1")
    page.keyboard.press("Enter")
    expect(form.get_by_role("alert")).to_have_text("Cela existe déjà.")
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)


def test_what_was_changed_is_what_is_offered_to_be_changed(
    shared_site: Site, open_page: Open
) -> None:
    page = operating(shared_site, open_page, "devices")
    for room in ("Grenier", "Véranda"):
        act(page, "hub", "Modifier")
        window(page).get_by_label("Salle").fill(room)
        page.keyboard.press("Enter")
        expect(row(page, "hub").first).to_contain_text(room)
        act(page, "hub", "Modifier")
        expect(window(page).get_by_label("Salle")).to_have_value(room)
        page.keyboard.press("Escape")


def test_what_is_shown_is_renewed_without_being_drawn_again(
    shared_site: Site, open_page: Open
) -> None:
    page = operating(shared_site, open_page, "devices")
    button = row(page, "hub").first.get_by_role("button", name="Actions")
    button.focus()
    for _ in range(2):
        with page.expect_response("**/api/admin/devices*"):
            page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(button).to_be_focused()


def test_who_is_revoked_while_looking_sees_nothing_more(shared_site: Site, open_page: Open) -> None:
    page = open_page(f"{shared_site.url}admin.html#people")
    page.evaluate(BEGIN, shared_site.token("admin"))
    expect(row(page, "marie")).to_be_visible()
    page.get_by_role("button", name="Ajouter une personne").click()
    page.evaluate(REVOKE_OWN)
    expect(page.get_by_role("alert").first).to_contain_text("Votre session a pris fin")
    expect(window(page)).to_have_count(0)
    expect(row(page, "marie")).to_have_count(0)


def test_a_gateway_that_is_out_of_reach_is_said_to_be(shared_site: Site, open_page: Open) -> None:
    page = operating(shared_site, open_page, "people")
    expect(row(page, "marie")).to_be_visible()
    page.context.set_offline(True)
    expect(page.get_by_role("status").first).to_contain_text("ne répond pas")
    page.context.set_offline(False)
    expect(page.get_by_role("status").first).to_be_empty()


def test_each_person_is_led_to_the_pages_that_are_theirs(
    shared_site: Site, open_page: Open
) -> None:
    page = signed_in(shared_site, open_page, "admin.html")
    expect(page).to_have_title("Tableau de bord · IAQverse")
    expect(page.get_by_role("link", name="Administration")).to_have_count(0)
    other = open_page(shared_site.url)
    other.evaluate(BEGIN, admin_token(shared_site))
    expect(other).to_have_title("Administration · IAQverse")
    expect(other.get_by_role("link", name="Plan")).to_have_count(0)


@pytest.mark.parametrize(
    ("scheme", "sections"), [("light", SECTIONS), ("dark", ("connections", "system"))]
)
def test_no_section_breaks_a_rule_of_axe_or_is_wider_than_a_phone(
    shared_site: Site, open_page: Open, scheme: Literal["light", "dark"], sections: tuple[str, ...]
) -> None:
    page = operating(shared_site, open_page, tenant="*", width=360, height=740)
    page.get_by_role("combobox", name="Organisation").select_option("acme")
    for section in sections:
        page.locator(f'.tab[href="#{section}"]').click()
        page.wait_for_selector(".list:visible, .empty:visible")
        assert violations(page, scheme) == [], section
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, section
    page.locator('.tab[href="#devices"]').click()
    act(page, "hub", "Code d\u2019activation")
    page.wait_for_selector(".qr")
    assert violations(page, scheme) == []

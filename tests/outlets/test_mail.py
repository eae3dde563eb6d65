"""Mails of alerts, through a real SMTP server."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage

import msgspec
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from app.outlets import mail as mail_module
from app.outlets.base import Email, UndeliveredError
from app.outlets.mail import Mail
from tests.ports import free_port

ALERT: dict[str, object] = {
    "enseigne": "Maison",
    "salle": "Bureau",
    "sensor_id": "s1",
    "severity": "critical",
    "state": "raised",
    "quantity": "CO2",
    "value": 1_620,
    "threshold": 1_500.0,
    "message": "CO2 is above 1500",
    "raised_at": "2025-11-19T10:05:00Z",
}


class Box:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, _: SMTP, __: Session, envelope: Envelope
    ) -> str:
        if self.answer.startswith("250"):
            content = envelope.content
            assert isinstance(content, bytes)
            mail = message_from_bytes(content, policy=policy.default)
            assert isinstance(mail, EmailMessage)
            self.mails.append(mail)
        return self.answer


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def url(box: Box) -> Iterator[str]:
    port = free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield f"smtp://127.0.0.1:{port}"
    controller.stop()


async def test_an_alert_is_a_mail_that_says_where_and_what(box: Box, url: str) -> None:
    await Mail(url, "air@example.org")(Email("marie@example.org"), "name-1", ALERT)
    (mail,) = box.mails
    assert mail["To"] == "marie@example.org"
    assert mail["From"] == "air@example.org"
    assert mail["Subject"] == "[critical] Maison, Bureau: CO2 (alerte)"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"] == "<name-1@iaqverse>"
    assert "CO2: 1620 (seuil, threshold: 1500)" in mail.get_content()


async def test_one_that_takes_long_to_begin_is_not_handed_over_after_all(
    box: Box, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever waited has given up by then, and sends it again."""
    monkeypatch.setattr(mail_module, "BEGUN_WITHIN", -1.0)
    with pytest.raises(UndeliveredError, match="TimeoutError"):
        await Mail(url, "air@example.org")(Email("marie@example.org"), "name-1", ALERT)
    assert box.mails == []


@pytest.mark.parametrize("end", ["\r\n", "\n", "\u2028", "\x85"])
async def test_a_name_cannot_make_a_header(box: Box, url: str, end: str) -> None:
    cunning = ALERT | {"salle": f"Bureau{end}Bcc: eve@example.org"}
    await Mail(url, "air@example.org")(Email("marie@example.org"), "name-1", cunning)
    (mail,) = box.mails
    assert mail["Bcc"] is None
    assert mail["Subject"] == "[critical] Maison, Bureau Bcc: eve@example.org: CO2 (alerte)"


@pytest.mark.parametrize(
    "to", ["a", "a@b", "a(b@c.fr", "[a@b.c", "a@..", "a.@b..c", "a\x01@b.fr", "a@b.fr\nBcc: e@f.fr"]
)
def test_what_is_no_address_is_refused(to: str) -> None:
    assert msgspec.convert({"kind": "email", "to": "marie.b+air@example.org"}, Email)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "email", "to": to}, Email)


async def test_what_the_server_refuses_is_undelivered(box: Box, url: str) -> None:
    box.answer = "451 later"
    with pytest.raises(UndeliveredError, match="SMTP"):
        await Mail(url, "air@example.org")(Email("marie@example.org"), "name-1", ALERT)
    with pytest.raises(UndeliveredError):
        await Mail("smtp://127.0.0.1:9", "air@example.org")(Email("a@example.org"), "x", ALERT)

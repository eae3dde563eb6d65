"""Alerts as mail, through the operator's own server."""

import asyncio
import smtplib
import ssl
import time
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

from app.outlets.base import Email, Outlet, UndeliveredError

TIMEOUT = 15.0
BEGUN_WITHIN = 15.0
"""Seconds until the mail itself is handed over, or it is not: a thread cannot be called back."""
STEP = 2.5
"""Seconds for each of the five answers from there on, so that all is well within the notifier's."""
_SUBMISSION, _SUBMISSIONS = 587, 465


class Mail:
    """`url` is smtp://user:password@host:587, where STARTTLS is a must unless the host is this
    machine, or smtps:// (RFC 8314). `sender` is the address that mails come from.
    """

    def __init__(self, url: str, sender: str) -> None:
        self._server = urlsplit(url)
        self._sender = sender

    async def __call__(self, outlet: Outlet, name: str, alert: dict[str, object]) -> None:
        assert isinstance(outlet, Email)  # noqa: S101  (by its kind)
        mail = written(outlet.to, self._sender, name, alert)
        try:
            await asyncio.to_thread(self._send, mail, time.monotonic() + BEGUN_WITHIN)
        except (OSError, smtplib.SMTPException) as error:
            raise UndeliveredError(f"mail: {type(error).__name__}") from error

    def _send(self, mail: EmailMessage, deadline: float) -> None:
        server, host = self._server, self._server.hostname or ""
        trust = ssl.create_default_context()
        if server.scheme == "smtps":
            port = server.port or _SUBMISSIONS
            session: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=trust)
        else:
            session = smtplib.SMTP(host, server.port or _SUBMISSION, timeout=TIMEOUT)
        with session:
            if server.scheme != "smtps" and host not in {"localhost", "127.0.0.1", "::1"}:
                session.starttls(context=trust)
            if server.username:
                session.login(unquote(server.username), unquote(server.password or ""))
            if time.monotonic() > deadline:  # whoever waits may give up before it is taken
                raise TimeoutError
            if session.sock:
                session.sock.settimeout(STEP)
            session.send_message(mail)


def written(to: str, sender: str, name: str, alert: dict[str, object]) -> EmailMessage:
    """In French and in English: who gets it is not known to speak either."""
    mail = EmailMessage()
    place = f"{alert['enseigne']}, {alert['salle']}"
    state = {"raised": "alerte", "updated": "alerte", "resolved": "résolue"}[str(alert["state"])]
    mail["From"], mail["To"] = sender, to
    subject = f"[{alert['severity']}] {place}: {alert['quantity']} ({state})"
    mail["Subject"] = " ".join(subject.split())  # a name may hold what ends a line
    mail["Message-ID"] = f"<{name}@iaqverse>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(
        f"{place}\n{alert['message']}\n\n"
        f"{alert['quantity']}: {alert['value']:g} (seuil, threshold: {alert['threshold']:g})\n"
        f"Capteur, sensor: {alert['sensor_id']}\nDepuis, since: {alert['raised_at']}\n"
    )
    return mail

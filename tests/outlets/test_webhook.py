"""Webhooks of alerts, at a real HTTPS server."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
import uvicorn
from fastapi import FastAPI, Request, Response

from app.outlets.base import UndeliveredError, Webhook
from app.outlets.webhook import Webhooks, signature
from app.stack.certificates import ensure
from tests.brokers.conftest import until
from tests.brokers.test_network import open_files
from tests.outlets.test_mail import ALERT

SECRET = "a secret of sixteen"


class Receiver:
    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        self.status = 204
        self.port = 0

    async def answer(self, request: Request) -> Response:
        self.taken.append((dict(request.headers), await request.body()))
        return Response(status_code=self.status, headers={"Location": "https://example.org/"})

    def url(self, host: str = "localhost") -> str:
        return f"https://{host}:{self.port}/hook?x=1"


@pytest.fixture
async def receiver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Receiver]:
    made = ensure(tmp_path, ["localhost"], time.time())
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    receiver, app, files = Receiver(), FastAPI(), open_files()
    app.add_api_route("/hook", receiver.answer, methods=["POST"])
    config = uvicorn.Config(
        app,
        port=0,
        ssl_certfile=str(made.chain),
        ssl_keyfile=str(made.key),
        log_level="warning",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110  (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    receiver.port = server.servers[0].sockets[0].getsockname()[1]
    yield receiver
    server.should_exit = True
    await serving
    await until(lambda: open_files() <= files)  # a handshake that was given up ends by itself


def private() -> Webhooks:
    return Webhooks(private=True, clock=lambda: 1_763_546_700.9)


async def test_an_alert_is_posted_signed_over_id_time_and_body(receiver: Receiver) -> None:
    await private()(Webhook(receiver.url(), SECRET), "name-1", ALERT)
    ((headers, body),) = receiver.taken
    assert headers["host"] == f"localhost:{receiver.port}"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("name-1", "1763546700")
    assert headers["webhook-signature"] == signature(SECRET, "name-1", "1763546700", body)
    assert signature(SECRET, "name-2", "1763546700", body) != headers["webhook-signature"]
    assert b'"quantity":"CO2"' in body


def test_the_signature_is_that_of_standard_webhooks() -> None:
    """HMAC-SHA256 of `id.timestamp.body` in base64; reckoned by openssl."""
    body = b'{"test": 2432232314}'
    reckoned = "v1,PAEMTwyS2xzh74rYQu25CyiANBIjW7JzO8EcAA2dWN4="
    assert signature("MfKQ9r8GKYqrTwjUPD8ILPZI", "msg_1", "1614265330", body) == reckoned


@pytest.mark.parametrize("status", [301, 404, 500])
async def test_any_other_answer_is_undelivered_and_no_redirect_is_followed(
    receiver: Receiver, status: int
) -> None:
    receiver.status = status
    with pytest.raises(UndeliveredError, match=str(status)):
        await private()(Webhook(receiver.url(), SECRET), "name-1", ALERT)
    assert len(receiver.taken) == 1


PRIVATE = (
    "localhost",
    "127.0.0.1",
    "[::1]",
    "[::ffff:127.0.0.1]",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "224.0.0.1",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:7f00:1::]",
    "[::127.0.0.1]",
    "[ff02::1]",
    "[fec0::1]",
    "[fd00::1]",
    "[2001:0:1::1]",
)


@pytest.mark.parametrize("host", PRIVATE)
async def test_no_address_that_is_not_public_is_reached(receiver: Receiver, host: str) -> None:
    with pytest.raises(UndeliveredError, match="not public"):
        await Webhooks(private=False)(Webhook(receiver.url(host), SECRET), "name-1", ALERT)
    assert receiver.taken == []


NO_ADDRESS = (
    f"http://a.fr/ https://u:p@a.fr/ https://a..b/ https://{'a' * 70}.fr/ https://x:abc/"
    " https://[::1/ https://é.fr/ https://a.fr/#x"
).split()


@pytest.mark.parametrize("url", [*NO_ADDRESS, "https://a.fr/ b"])
def test_what_is_no_address_of_a_webhook_is_refused(url: str) -> None:
    good = {"kind": "webhook", "url": "https://hooks.example.org:8443/a?b=c", "secret": SECRET}
    assert msgspec.convert(good, Webhook)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(good | {"url": url}, Webhook)


async def test_a_certificate_of_another_name_is_not_taken(receiver: Receiver) -> None:
    """The address is looked up here: the certificate still has to be the name's."""
    with pytest.raises(UndeliveredError) as told:
        await private()(Webhook(receiver.url("127.0.0.1"), SECRET), "name-1", ALERT)
    assert "certificate" in str(told.value.__cause__)


async def test_without_trust_nothing_is_sent(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    assert ssl.get_default_verify_paths()
    with pytest.raises(UndeliveredError):
        await private()(Webhook(receiver.url(), SECRET), "name-1", ALERT)
    assert receiver.taken == []

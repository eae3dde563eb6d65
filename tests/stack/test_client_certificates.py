"""Devices that show a certificate: the real gateway behind a real nginx, with real certificates."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import timedelta
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.browser.site import Site
from tests.edge.wire import measurement
from tests.ports import free_port
from tests.stack.client_certificates import Authority, certificate_in
from tests.stack.test_nginx import UPGRADE


class Doors:
    """The site, and its door for certificates."""

    def __init__(self, site: Site, authority: Authority) -> None:
        self.site, self.authority = site, authority
        self.port = int(site.environment["MTLS_PORT"])
        self._admin = site.token("admin")

    def register(self, name: str, **life: Any) -> Path:
        """A device with a certificate that is registered."""
        path = self.authority.sign(name, **life)
        self.act("", {"id": name, "sensors": ["bureau1"]})
        self.act(f"/{name}/certificate", {"certificate": certificate_in(path)})
        return path

    def act(self, path: str, body: Any = None, method: str = "POST") -> None:
        headers = {
            "Authorization": f"Bearer {self._admin}",
            "Content-Type": "application/json",
        }
        sent = json.dumps(body or {}).encode()
        answer = self.site.ask(f"/api/admin/devices{path}", method, headers=headers, body=sent)
        assert answer.status < 300, answer.body

    def tls(self, certificate: Path | None) -> Any:
        context = self.site.tls
        if certificate is not None:
            context.load_cert_chain(certificate)
        return context

    def ask(
        self,
        certificate: Path | None,
        path: str = "/api/ingest",
        headers: Mapping[str, str] | None = None,
        **changes: Any,
    ) -> tuple[int, str]:
        """The status, and the code of an error."""
        context = self.tls(certificate)
        body = json.dumps(measurement(**changes))
        sent = {"Content-Type": "application/json", **(headers or {})}
        with closing(HTTPSConnection("localhost", self.port, timeout=5, context=context)) as http:
            http.request("POST", path, body, sent)
            answer = http.getresponse()
            content = json.loads(answer.read())
        return answer.status, content.get("error", {}).get("code", "")


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    authority = Authority(folder)
    with Site(folder, MTLS_PORT=free_port(), MTLS_CLIENT_CA=authority.path) as site:
        yield Doors(site, authority)


def test_a_registered_one_speaks_for_the_sensors_of_its_device(doors: Doors) -> None:
    hub = doors.register("hub")
    assert doors.ask(hub) == (200, "")
    assert doors.ask(hub, sensor_id="another") == (403, "unknown_sensor")


async def test_it_opens_a_stream(doors: Doors) -> None:
    tls, url = doors.tls(doors.register("streamer")), f"wss://localhost:{doors.port}/ws/ingest"
    async with connect(url, ssl=tls) as stream:
        assert json.loads(await stream.recv())["status"] == "connected"
        doors.act("/streamer/revoke")
        await stream.wait_closed()
        assert stream.close_code == 4401
    with pytest.raises(InvalidStatus):
        await connect(url, ssl=tls)


def test_without_one_and_with_one_that_is_past_or_another_authoritys_nobody_comes_in(
    doors: Doors,
) -> None:
    past = doors.authority.sign("past", life=timedelta(seconds=-1))
    foreign = Authority(doors.site.folder, "others").sign("foreign")
    for certificate in (None, past, foreign):
        assert doors.ask(certificate) == (401, "unauthenticated")


def test_one_that_is_not_registered_is_nobodys(doors: Doors) -> None:
    assert doors.ask(doors.authority.sign("stranger")) == (401, "unauthenticated")


def test_it_goes_with_its_device_and_can_be_revoked(doors: Doors) -> None:
    box = doors.register("box")
    for disabled, status in ((True, 401), (False, 200)):
        doors.act("/box", {"disabled": disabled}, method="PATCH")
        assert doors.ask(box)[0] == status
    doors.act("/box/revoke")
    assert doors.ask(box)[0] == 401


def test_the_header_that_tells_the_gateway_is_nginxs_alone(doors: Doors) -> None:
    stolen = quote(certificate_in(doors.register("victim")))
    spoofed = {"X-Client-Certificate": stolen}
    posted = {**spoofed, "Content-Type": "application/json"}
    body = json.dumps(measurement()).encode()
    assert doors.site.ask("/api/ingest", "POST", headers=posted, body=body).status == 401
    assert doors.site.ask("/ws/ingest", headers={**spoofed, **UPGRADE}).status == 401
    assert doors.ask(doors.authority.sign("thief"), headers=spoofed) == (401, "unauthenticated")


def test_two_credentials_are_one_too_many(doors: Doors) -> None:
    both = {"Authorization": f"Bearer {doors.site.token('device')}"}
    assert doors.ask(doors.register("both"), headers=both) == (400, "bad_request")


@pytest.mark.parametrize("path", ["/", "/api/messages", "/auth/claim", "/api/admin/tokens", "/ws"])
def test_there_is_nothing_else_behind_that_door(doors: Doors, path: str) -> None:
    certificate = doors.authority.sign("curious")
    assert doors.ask(certificate, path) == (404, "not_found")

"""Alerts as signed POSTs, in the way of Standard Webhooks 1.0, and never into a private network.

The address is looked up here, looked at, and then used: a second lookup could answer otherwise
(DNS rebinding).
"""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable

import httpx2
import msgspec

from app.outlets.base import Outlet, UndeliveredError, Webhook

TIMEOUT = 10.0
_HTTPS = 443
_UNICAST = ipaddress.ip_network("2000::/3")
"""All of IPv6 that is given out (RFC 4291 section 2.4)."""
_encode = msgspec.json.Encoder().encode


class Webhooks:
    """`private` lets them reach addresses that are not public."""

    def __init__(self, *, private: bool, clock: Callable[[], float] = time.time) -> None:
        self._private = private
        self._clock = clock

    async def __call__(self, outlet: Outlet, name: str, alert: dict[str, object]) -> None:
        assert isinstance(outlet, Webhook)  # noqa: S101  (by its kind)
        url, body = httpx2.URL(outlet.url), _encode(alert)
        at = str(int(self._clock()))
        headers = {
            "Host": url.netloc.decode(),
            "Content-Type": "application/json",
            "webhook-id": name,
            "webhook-timestamp": at,
            "webhook-signature": signature(outlet.secret or "", name, at, body),
        }
        address = await self._address(url)
        extensions = {"sni_hostname": url.host}
        try:
            async with (
                httpx2.AsyncClient(
                    verify=ssl.create_default_context(), trust_env=False, timeout=TIMEOUT
                ) as client,
                client.stream(
                    "POST",
                    url.copy_with(host=address),
                    content=body,
                    headers=headers,
                    extensions=extensions,
                ) as answer,
            ):
                if not answer.is_success:
                    raise UndeliveredError(f"webhook: status {answer.status_code}")
        except (httpx2.HTTPError, ssl.SSLError, TimeoutError) as error:
            raise UndeliveredError(f"webhook: {type(error).__name__}") from error

    async def _address(self, url: httpx2.URL) -> str:
        """All of the host's have to be public: which one is taken is chance."""
        loop = asyncio.get_running_loop()
        try:
            found = await loop.getaddrinfo(url.host, url.port or _HTTPS, type=socket.SOCK_STREAM)
        except OSError as error:
            raise UndeliveredError("webhook: the host has no address") from error
        addresses = [str(place[0]) for *_, place in found]
        if not self._private and not all(map(_public, addresses)):
            raise UndeliveredError("webhook: the address is not public")
        return addresses[0]


def signature(secret: str, name: str, at: str, body: bytes) -> str:
    """Over id, time and body, so that none of them can be another's."""
    signed = b"%b.%b.%b" % (name.encode(), at.encode(), body)
    digest = hmac.digest(secret.encode(), signed, hashlib.sha256)
    return f"v1,{base64.b64encode(digest).decode()}"


def _public(address: str) -> bool:
    """What `is_global` lets through besides: multicast, and IPv4 in the dress of IPv6."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return ip in _UNICAST and ip.is_global and ip.sixtofour is None and ip.teredo is None
        ip = ip.ipv4_mapped
    return ip.is_global and not ip.is_multicast

"""One JSON document from an address of the operator's, bounded in time and in size."""

import asyncio
import ssl
from pathlib import Path
from typing import Final

import httpx2

TIMEOUT: Final = 5.0
"""Seconds for the whole of it; each step has less."""
MAX_BYTES: Final = 262_144
_STEP: Final = 3.0
_JSON: Final = frozenset({"application/json", "application/jwk-set+json"})


class FetchError(Exception):
    """What was wrong, in a word or two; nothing of what came."""


def client(ca_file: Path | None) -> httpx2.AsyncClient:
    """Follows no redirect and reads neither proxies nor passwords from the environment."""
    return httpx2.AsyncClient(
        verify=ssl.create_default_context(cafile=ca_file),
        timeout=_STEP,
        follow_redirects=False,
        trust_env=False,
        headers={"Accept": ", ".join(sorted(_JSON)), "Accept-Encoding": "identity"},
        limits=httpx2.Limits(max_connections=1, max_keepalive_connections=0),
    )


async def fetch(http: httpx2.AsyncClient, url: str) -> bytes:
    """Raises FetchError, also for another status than 200 and for what is not called JSON."""
    try:
        async with asyncio.timeout(TIMEOUT), http.stream("GET", url) as answer:
            if answer.status_code != httpx2.codes.OK:
                raise FetchError(f"status {answer.status_code}")
            kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind not in _JSON or "content-encoding" in answer.headers:
                raise FetchError("no plain JSON")
            return await _bounded(answer)
    except TimeoutError:
        raise FetchError("no answer in time") from None
    except (httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise FetchError(type(error).__name__) from None


async def _bounded(answer: httpx2.Response) -> bytes:
    content = bytearray()
    async for piece in answer.aiter_raw():
        content += piece
        if len(content) > MAX_BYTES:
            raise FetchError(f"more than {MAX_BYTES} bytes")
    return bytes(content)

"""What `check-config` says of REDIS_URL: the files it names, and whether it takes a gateway."""

import asyncio
import os
import sys
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

from app import logs
from app.brokers.connection import RedisLink
from app.brokers.reasons import reason
from app.errors import UnavailableError

FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")


def mistakes(url: str) -> Iterator[str]:
    named = parse_qs(urlsplit(url).query)
    for name in FILES:
        for file in named.get(name, ()):
            if not os.access(file, os.R_OK):
                yield f"{name} cannot be read"


def warnings(url: str) -> Iterator[str]:
    """No mistakes: a gateway starts without its broker, and takes it when it is there."""
    if not url or any(mistakes(url)):
        return
    logs.configure("CRITICAL", sys.stderr)  # what the connection logs is told here
    try:
        asyncio.run(_ask(url))
    except UnavailableError as error:
        yield f"REDIS_URL: {reason(error)}"


async def _ask(url: str) -> None:
    link = RedisLink(url)
    try:
        await link.check()
    finally:
        await link.close()

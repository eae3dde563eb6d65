"""How the values of settings are written, and what is said of one that is not.

Rates are read by the `limits` library. No message repeats a value: some are secrets.
"""

import re
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from limits import parse
from pydantic import AfterValidator, Field, SecretStr

_PLACE = r"([A-Za-z0-9.-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?(/[A-Za-z0-9._~%+-]*)*\Z"
_ADDRESS = re.compile(rf"\Ahttps://{_PLACE}")
"""HTTPS; no user, no query, no fragment."""
_ORIGIN = re.compile(r"\Ahttps?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?\Z")
"""RFC 6454 section 6.2: no path, no trailing slash, host in lower case."""
_COLLECTOR = re.compile(rf"\Ahttps?://{_PLACE}")

_REDIS_SCHEMES = frozenset({"redis", "rediss", "unix"})
_REDIS_TAKES = frozenset({"db", "ssl_ca_certs", "ssl_certfile", "ssl_keyfile"})
_LOCAL = re.compile(r"\Ahttp://(localhost|127\.0\.0\.1|\[::1\])(:|\Z)")


def _rate(value: str) -> str:
    try:
        parse(value)
    except ValueError as error:
        raise ValueError("a rate is written like 600/minute or 20/second") from error
    return value


def _mail_server(value: SecretStr) -> SecretStr:
    url = value.get_secret_value()
    parts = urlsplit(url)
    if url and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
        raise ValueError("a mail server is written like smtp://user:password@host:587")
    return value


def _collector(value: str) -> str:
    if value and not _COLLECTOR.match(value):
        raise ValueError("a collector is written like http://localhost:4318")
    return value


def _origin(value: str) -> str:
    if not _ORIGIN.match(value):
        raise ValueError("an origin is written as browsers send it, like https://iaq.example:8443")
    if value.startswith("http:") and not _LOCAL.match(value):
        raise ValueError(
            "an origin without TLS is this machine's alone, like http://localhost:3000"
        )
    return value


def _database(value: SecretStr) -> SecretStr:
    """What is wrong with it is not told: libpq's words may hold a part of the password."""
    url = value.get_secret_value()
    if not url:
        return value
    import psycopg
    from psycopg.conninfo import conninfo_to_dict

    try:
        understood = url.startswith(("postgresql://", "postgres://")) and conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        understood = False
    if not understood:
        raise ValueError("a database is written like postgresql://user:password@host:5432/name")
    return value


def _redis(value: SecretStr) -> SecretStr:
    """Timeouts are the gateway's own, and certificates are verified: no URL changes that."""
    url = value.get_secret_value()
    if not url:
        return value
    try:
        parts = urlsplit(url)
        place = parts.path if parts.scheme == "unix" else parts.hostname
        understood = bool(place) and parts.port != 0 and parts.scheme in _REDIS_SCHEMES
        understood &= parse_qs(parts.query, strict_parsing=bool(parts.query)).keys() <= _REDIS_TAKES
    except ValueError:
        understood = False
    if not understood:
        raise ValueError(
            "a Redis is written like redis://:password@host:6379/0, rediss:// with TLS"
        )
    return value


def _address(value: str) -> str:
    if value and not _ADDRESS.match(value):
        raise ValueError("an address is written like https://login.example/realms/iaq")
    return value


Database = Annotated[SecretStr, AfterValidator(_database)]
Redis = Annotated[SecretStr, AfterValidator(_redis)]
Collector = Annotated[str, AfterValidator(_collector)]
MailServer = Annotated[SecretStr, AfterValidator(_mail_server)]
Origin = Annotated[str, AfterValidator(_origin)]
Address = Annotated[str, AfterValidator(_address)]
Rate = Annotated[str, AfterValidator(_rate)]
Count = Annotated[int, Field(ge=1)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]

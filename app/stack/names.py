"""The names that this gateway answers to: in its certificate and in nginx."""

import ipaddress
import re

LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_HOST = re.compile(rf"\A(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\Z")


class ServerNameError(ValueError):
    """`SERVER_NAME` is neither a host name nor an address; it reaches files as it is written."""


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def gateway_names(server_name: str) -> tuple[str, ...]:
    """The local names and `server_name`, lower case, each once; raises `ServerNameError`."""
    name = server_name.lower()
    if not is_address(name) and not _HOST.match(name):
        raise ServerNameError("SERVER_NAME must be one host name or one IP address")
    return (*LOCAL_NAMES, name) if name not in LOCAL_NAMES else LOCAL_NAMES


def is_local(server_name: str) -> bool:
    """Whether the gateway is for this machine alone, and so listens on loopback alone."""
    return server_name.lower() in LOCAL_NAMES

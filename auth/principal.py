"""Who a verified token speaks for. A `Principal` that exists is valid: making one checks it."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

PLATFORM: Final = "*"
"""The tenant of the platform's operators, who stand above all tenants. Role admin only."""

MAX_NAME_LENGTH: Final = 128
MAX_TOPICS: Final = 128
MAX_TOPIC_LENGTH: Final = 256
MAX_SENSORS: Final = 10_000
MAX_SENSOR_LENGTH: Final = 128

_TENANT = re.compile(r"\A[a-z0-9][a-z0-9_-]{0,62}\Z")


class Role(StrEnum):
    DASHBOARD = "dashboard"
    DEVICE = "device"
    SERVICE = "service"
    ADMIN = "admin"


def valid_tenant(name: str) -> bool:
    """Whether a tenant may bear this name. `PLATFORM` is no tenant's name."""
    return _TENANT.match(name) is not None


@dataclass(frozen=True, slots=True)
class Principal:
    """Raises ValueError for a member out of its bounds, without repeating it."""

    subject: str
    tenant: str
    role: Role
    token_id: str
    """The claim `jti`, by which a token is listed and revoked."""
    issued_at: int
    """Seconds since the epoch, as `expires_at`."""
    expires_at: int
    """The first second in which the token is no longer valid."""
    topics: tuple[str, ...] | None = None
    """Patterns that narrow what may be subscribed; None: the whole tenant. Syntax is the app's."""
    sensors: frozenset[str] | None = None
    """Sensors it may speak for; None: all of the tenant's."""

    def __post_init__(self) -> None:
        if not _printable(self.subject, MAX_NAME_LENGTH) or " " in self.subject:
            raise ValueError("subject: 1 to 128 printable characters, no space")
        if not _printable(self.token_id, MAX_NAME_LENGTH) or " " in self.token_id:
            raise ValueError("token_id: 1 to 128 printable characters, no space")
        if self.tenant == PLATFORM:
            if self.role is not Role.ADMIN:
                raise ValueError("tenant: only an admin belongs to the platform")
        elif not valid_tenant(self.tenant):
            raise ValueError("tenant: a-z, 0-9, - and _, at most 63, not starting with - or _")
        if self.expires_at <= self.issued_at:
            raise ValueError("expires_at: must be later than issued_at")
        if self.topics is not None:
            _check_all("topics", self.topics, MAX_TOPICS, MAX_TOPIC_LENGTH)
        if self.sensors is not None:
            _check_all("sensors", self.sensors, MAX_SENSORS, MAX_SENSOR_LENGTH)


def _printable(text: str, longest: int) -> bool:
    """Neither control characters nor lone surrogates: such a name would break logs and encoders."""
    return 0 < len(text) <= longest and text.isprintable()


def _check_all(
    member: str, values: tuple[str, ...] | frozenset[str], most: int, longest: int
) -> None:
    if len(values) > most:
        raise ValueError(f"{member}: at most {most}")
    if not all(_printable(value, longest) for value in values):
        raise ValueError(f"{member}: each 1 to {longest} printable characters")

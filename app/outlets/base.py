"""Where alerts go beside the pages, as a tenant's people write it."""

from typing import Annotated, Protocol

from msgspec import Meta, Struct

from app.iaq.rules import Severity

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = rf"^{_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})+$"
"""A dot-atom and a domain (RFC 5322 section 3.4.1): nothing that is quoted, and no header."""
_URL = (
    rf"^https://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[1-9][0-9]{{0,4}})?(?:/[^\s#]*)?$"
)
"""No user, no fragment."""
MOST_OUTLETS = 10
"""A tenant may have."""


class Email(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="email"):
    to: Annotated[str, Meta(max_length=254, pattern=_ADDRESS)]
    least: Severity = Severity.WARNING
    """What is less urgent does not go there."""


class Webhook(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="webhook"):
    url: Annotated[str, Meta(max_length=2_000, pattern=_URL)]
    secret: Annotated[str, Meta(min_length=16, max_length=200)] | None = None
    """What it is signed with; None in a change: as it was."""
    least: Severity = Severity.WARNING


Outlet = Email | Webhook


class Outlets(Struct, frozen=True, forbid_unknown_fields=True):
    outlets: Annotated[tuple[Outlet, ...], Meta(max_length=MOST_OUTLETS)] = ()


class UndeliveredError(Exception):
    """It was not taken. The words are for operators, and repeat nothing that came."""


class Send(Protocol):
    async def __call__(self, outlet: Outlet, name: str, alert: dict[str, object]) -> None:
        """Deliver one alert, as the wire has it; `name` is the same when it is tried again.

        Raise `UndeliveredError`.
        """

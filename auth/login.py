"""What a person types to say who they are: `marie@acme`, a name and its tenant."""

import re
import unicodedata
from typing import NamedTuple

from auth.principal import PLATFORM, valid_tenant

_NAME = re.compile(r"\A[\w.+-]{1,64}\Z")


class Login(NamedTuple):
    tenant: str
    name: str

    def __str__(self) -> str:
        return f"{self.name}@{self.tenant}"


def fold(name: str) -> str:
    """One spelling for all that look alike to who types them. Raise ValueError for no name."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    if not _NAME.match(folded):
        raise ValueError("a person's name has 1 to 64 letters, digits, and . _ + -")
    return folded


def parse(text: str) -> Login | None:
    """None for what no account can have."""
    name, _, tenant = text.strip().rpartition("@")
    tenant = tenant.lower()
    try:
        folded = fold(name)
    except ValueError:
        return None
    return Login(tenant, folded) if valid_tenant(tenant) or tenant == PLATFORM else None

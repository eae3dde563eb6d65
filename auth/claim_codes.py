"""Claim codes: what a person types into a device, or shows to it, so that it gets its token."""

import secrets
from hashlib import sha256
from typing import Final

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: none of its signs looks like another one of them."""
_GROUPS, _IN_GROUP = 4, 5
"""20 signs of 5 bits: 100 random bits, too many to search for even behind a fast hash."""
_READ_AS: Final = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})


def new_code() -> str:
    """As it is shown: `7K3MQ-0ZV4T-…`."""
    groups = ("".join(map(secrets.choice, [_ALPHABET] * _IN_GROUP)) for _ in range(_GROUPS))
    return "-".join(groups)


def digest(code: str) -> str:
    """What is kept of it, however it was typed: case, spaces, dashes, O for 0, I and L for 1."""
    typed = code.upper().translate(_READ_AS)
    return sha256(typed.encode("utf-8", "surrogatepass")).hexdigest()


def qr_text(code: str, origin: str) -> str:
    """The gateway's address and the code, in signs that a QR code packs at 5.5 bits each.

    (ISO/IEC 18004 section 7.4.4: the alphanumeric mode.)
    """
    return f"IAQVERSE:{origin.removeprefix('https://').upper()}/{code}"

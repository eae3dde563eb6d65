"""How long the certificate that nginx serves still lives, read from its file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509

ALARMING: Final = 1 / 3
"""Of its life: renewal is due by then, whether a certificate lasts 90 days or 45."""
_DAY: Final = 86_400


@dataclass(frozen=True, slots=True)
class Life:
    """Seconds since the epoch."""

    begins: float
    ends: float

    def days_left(self, now: float) -> float:
        """Negative once it has ended."""
        return (self.ends - now) / _DAY

    def left(self, now: float) -> float:
        """The part of its life that is left, from 1 down to 0 and below."""
        return (self.ends - now) / (self.ends - self.begins)


def read_life(chain: Path) -> Life | None:
    """None where there is no certificate that can be read."""
    try:
        certificate = x509.load_pem_x509_certificate(chain.read_bytes())
    except (OSError, ValueError):
        return None
    return Life(
        certificate.not_valid_before_utc.timestamp(), certificate.not_valid_after_utc.timestamp()
    )

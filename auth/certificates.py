"""Client certificates: by what name one is registered, and until when it is good."""

import ssl
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

PREFIX: Final = "cert-"
MAX_PEM_LENGTH: Final = 16_384


def name_of(pem: str) -> str:
    """In place of a token's id: the SHA-256 of the whole certificate (RFC 8705 section 3.1).

    nginx offers SHA-1, of which two alike can be made. Raises ValueError for what is no PEM.
    """
    return PREFIX + sha256(ssl.PEM_cert_to_DER_cert(pem.strip())).hexdigest()


def read(pem: str) -> tuple[str, int]:
    """The first one's name, and the second in which it ends; a key beside it is not looked at.

    Raises ValueError where there is none.
    """
    certificate = x509.load_pem_x509_certificate(pem.encode())
    alone = certificate.public_bytes(Encoding.PEM).decode()
    return name_of(alone), int(certificate.not_valid_after_utc.timestamp())

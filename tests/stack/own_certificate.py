"""A certificate as an operator has it from elsewhere."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def put(folder: Path, now: float, *names: str) -> None:
    """A certificate of 90 days that is not ours, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody's")])
    begins = datetime.fromtimestamp(now, UTC)
    alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=90))
        .add_extension(alternatives, critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    (folder / "server.crt").write_bytes(made.public_bytes(Encoding.PEM))

"""The development authority and the server's certificate: made on first use, then renewed.

The authority signs for the names it was made for and no other (RFC 5280, 4.2.1.10), so that whoever
trusts it does not hand the rest of the web to whoever steals its key. A certificate that we did not
make is the operator's own and is never touched.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from app.stack.certificate_forms import (
    is_ours,
    is_signed_by,
    leaf_names,
    make_authority,
    make_leaf,
    permitted_names,
)

RENEWED_BEFORE_END = timedelta(days=30)
PRIVATE, PUBLIC = 0o600, 0o644


class CertificateError(Exception):
    """The operator's own files do not serve, and ours may not replace them."""


@dataclass(frozen=True, slots=True)
class Certificates:
    chain: Path
    key: Path
    authority: Path | None
    """What a client has to trust; None where the certificate is the operator's own."""
    expires_at: float
    changed: bool
    """Written just now, so a running nginx has to load it again."""


def ensure(certs_dir: Path, names: Iterable[str], now: float) -> Certificates:
    """Make what is missing, near its end, or short of one of `names`; keep the rest.

    Names that an earlier call asked for stay, since another stack may run on the same folder.
    Safe beside another process that does the same. Raises `CertificateError`.
    """
    certs_dir.mkdir(parents=True, exist_ok=True)
    with _alone(certs_dir):
        return _Folder(certs_dir, datetime.fromtimestamp(now, UTC)).ensure(frozenset(names))


class _Folder:
    def __init__(self, path: Path, now: datetime) -> None:
        self.now = now
        self.authority, self.authority_key = path / "ca.crt", path / "ca.key"
        self.chain, self.key = path / "server.crt", path / "server.key"

    def ensure(self, names: frozenset[str]) -> Certificates:
        leaf = _read_certificate(self.chain)
        if leaf is None and self.chain.exists():
            raise CertificateError(f"{self.chain} is no certificate in PEM")
        if leaf and not is_ours(leaf):
            return self._operators_own(leaf)
        kept = leaf_names(leaf) if leaf else frozenset()
        authority, authority_key = self._ensure_authority(names, kept)
        key = _read_key(self.key)
        if leaf and key and self._serves(leaf, key, names) and is_signed_by(leaf, authority):
            return self._result(leaf, self.authority, changed=False)
        if key is None:
            key = ec.generate_private_key(ec.SECP256R1())
            _write(self.key, _key_pem(key), PRIVATE)
        # The key outlives the certificate, so that the two files match at every moment.
        leaf = make_leaf(key.public_key(), names | kept, authority, authority_key, self.now)
        _write(self.chain, leaf.public_bytes(Encoding.PEM), PUBLIC)
        return self._result(leaf, self.authority, changed=True)

    def _ensure_authority(
        self, names: frozenset[str], kept: frozenset[str]
    ) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """People trusted the authority by hand, so it is kept for as long as it can serve."""
        found, key = _read_certificate(self.authority), _read_key(self.authority_key)
        if self.authority.exists() and not (found and is_ours(found)):
            raise CertificateError(
                f"{self.authority} is not ours: put your server.crt and server.key beside it, "
                "or move it away"
            )
        reaches = found is not None and names | kept <= permitted_names(found)
        if found and key and reaches and self._serves(found, key, frozenset()):
            return found, key
        key = ec.generate_private_key(ec.SECP256R1())
        made = make_authority(key, names | kept, self.now)
        _write(self.authority_key, _key_pem(key), PRIVATE)
        _write(self.authority, made.public_bytes(Encoding.PEM), PUBLIC)
        return made, key

    def _serves(
        self,
        certificate: x509.Certificate,
        key: ec.EllipticCurvePrivateKey,
        names: frozenset[str],
    ) -> bool:
        return (
            certificate.not_valid_before_utc <= self.now
            and certificate.not_valid_after_utc > self.now + RENEWED_BEFORE_END
            and _public(certificate) == _public(key)
            and names <= (leaf_names(certificate) or names)
        )

    def _operators_own(self, leaf: x509.Certificate) -> Certificates:
        if not self.key.exists():
            raise CertificateError(f"{self.chain} is yours, but {self.key} is missing")
        return self._result(leaf, None, changed=False)

    def _result(
        self, leaf: x509.Certificate, authority: Path | None, *, changed: bool
    ) -> Certificates:
        ends = leaf.not_valid_after_utc.timestamp()
        return Certificates(self.chain, self.key, authority, ends, changed)


def _read_certificate(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey | None:
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (FileNotFoundError, ValueError, TypeError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _public(holder: x509.Certificate | ec.EllipticCurvePrivateKey) -> bytes:
    return holder.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes, mode: int) -> None:
    """Replace `path` whole; a reader sees the old file or the new one."""
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            os.fchmod(file.fileno(), mode)
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    with (folder / ".lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield

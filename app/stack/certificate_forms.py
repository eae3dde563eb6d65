"""What stands in the certificates that we make, and how one of ours is known again."""

import ipaddress
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from app.stack.names import is_address

MAKER = "IAQverse Gateway (development)"
AUTHORITY_LIFE = timedelta(days=3653)
LEAF_LIFE = timedelta(days=365)
"""What Mozilla's intermediate profile allows at most (sslyze: less than 366 days), well within
the 825 that Apple's systems accept from an authority the user added."""
CLOCK_MARGIN = timedelta(hours=1)
"""A client whose clock runs late must not see a certificate from the future."""


def make_authority(
    key: ec.EllipticCurvePrivateKey, names: Iterable[str], now: datetime
) -> x509.Certificate:
    """A root that may sign for `names` alone and for no authority below it."""
    fingerprint = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    subject = _subject(f"IAQverse development authority {fingerprint.digest.hex()[:8]}")
    permitted = [_subtree(name) for name in sorted(names)]
    return (
        _certificate(subject, subject, key.public_key(), now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(fingerprint, critical=False)
        .sign(key, hashes.SHA256())
    )


def make_leaf(
    public_key: ec.EllipticCurvePublicKey,
    names: Iterable[str],
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: datetime,
) -> x509.Certificate:
    """A server certificate for `names`, signed by `authority`."""
    issuer = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    ordered = sorted(names, key=lambda name: (is_address(name), name))
    return (
        _certificate(_subject(ordered[0]), authority.subject, public_key, now, LEAF_LIFE)
        .add_extension(x509.SubjectAlternativeName([_name(n) for n in ordered]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )


def is_ours(certificate: x509.Certificate) -> bool:
    organisation = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return any(attribute.value == MAKER for attribute in organisation)


def is_signed_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def leaf_names(certificate: x509.Certificate) -> frozenset[str]:
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(str(name.value) for name in extension.value)


def permitted_names(authority: x509.Certificate) -> frozenset[str]:
    """The names that an authority of ours may sign for."""
    extension = authority.extensions.get_extension_for_class(x509.NameConstraints)
    subtrees = extension.value.permitted_subtrees or ()
    return frozenset(str(subtree.value).partition("/")[0] for subtree in subtrees)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    public_key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    begins = now.astimezone(UTC) - CLOCK_MARGIN
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + life)
    )


def _subject(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, MAKER),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(name: str) -> x509.GeneralName:
    if is_address(name):
        return x509.IPAddress(ipaddress.ip_address(name))
    return x509.DNSName(name)


def _subtree(name: str) -> x509.GeneralName:
    if is_address(name):
        return x509.IPAddress(ipaddress.ip_network(name))
    return x509.DNSName(name)

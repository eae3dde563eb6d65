"""Certificates that clients accept, made once, renewed in time, and only ours ever replaced."""

import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.verification import PolicyBuilder, Store, Subject, VerificationError

from app.stack.certificate_forms import make_leaf
from app.stack.certificates import CertificateError, Certificates, ensure
from app.stack.names import ServerNameError, gateway_names

NOW = 1_800_000_000.0
DAY = 86_400
NAMES = gateway_names("gateway.example.org")


def read(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def verify(made: Certificates, subject: Subject, now: float = NOW) -> None:
    assert made.authority
    builder = PolicyBuilder().store(Store([read(made.authority)])).time(_utc(now))
    builder.build_server_verifier(subject).verify(read(made.chain), [])


def _utc(now: float) -> datetime:
    return datetime.fromtimestamp(now, UTC)


@pytest.mark.parametrize("name", ["localhost", "gateway.example.org"])
def test_the_leaf_verifies_for_each_name(tmp_path: Path, name: str) -> None:
    verify(ensure(tmp_path, NAMES, NOW), x509.DNSName(name))


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_the_leaf_verifies_for_each_address(tmp_path: Path, address: str) -> None:
    verify(ensure(tmp_path, NAMES, NOW), x509.IPAddress(ip_address(address)))


def test_the_leaf_is_for_no_other_name(tmp_path: Path) -> None:
    with pytest.raises(VerificationError):
        verify(ensure(tmp_path, NAMES, NOW), x509.DNSName("example.org"))


def test_the_authority_cannot_sign_for_a_name_it_was_not_made_for(tmp_path: Path) -> None:
    ensure(tmp_path, NAMES, NOW)
    stolen = ec.generate_private_key(ec.SECP256R1())
    authority = read(tmp_path / "ca.crt")
    forged = make_leaf(
        stolen.public_key(), ["bank.example"], authority, _key(tmp_path), datetime.now(UTC)
    )
    store = PolicyBuilder().store(Store([authority])).time(datetime.now(UTC))
    with pytest.raises(VerificationError):
        store.build_server_verifier(x509.DNSName("bank.example")).verify(forged, [])


def _key(folder: Path) -> ec.EllipticCurvePrivateKey:
    key = load_pem_private_key((folder / "ca.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def test_lives_are_ten_years_and_at_most_a_year(tmp_path: Path) -> None:
    ensure(tmp_path, NAMES, NOW)
    authority, leaf = read(tmp_path / "ca.crt"), read(tmp_path / "server.crt")
    assert authority.not_valid_after_utc - _utc(NOW) > timedelta(days=3650)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=366)


def test_keys_are_for_their_owner_alone(tmp_path: Path) -> None:
    ensure(tmp_path, NAMES, NOW)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.glob("*.*")}
    assert modes["ca.key"] == modes["server.key"] == 0o600
    assert modes["ca.crt"] == modes["server.crt"] == 0o644


def test_a_second_call_changes_nothing(tmp_path: Path) -> None:
    assert ensure(tmp_path, NAMES, NOW).changed
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert not ensure(tmp_path, NAMES, NOW + 300 * DAY).changed
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_leaf_is_renewed_near_its_end_and_the_authority_kept(tmp_path: Path) -> None:
    ensure(tmp_path, NAMES, NOW)
    authority = (tmp_path / "ca.crt").read_bytes()
    renewed = ensure(tmp_path, NAMES, NOW + 380 * DAY)
    assert renewed.changed
    assert (tmp_path / "ca.crt").read_bytes() == authority
    verify(renewed, x509.DNSName("localhost"), NOW + 700 * DAY)


def test_everything_is_renewed_when_the_authority_nears_its_end(tmp_path: Path) -> None:
    ensure(tmp_path, NAMES, NOW)
    later = NOW + 3_640 * DAY
    verify(ensure(tmp_path, NAMES, later), x509.DNSName("localhost"), later + 300 * DAY)


def test_a_new_name_comes_beside_those_that_were_there(tmp_path: Path) -> None:
    ensure(tmp_path, gateway_names("one.example"), NOW)
    made = ensure(tmp_path, gateway_names("two.example"), NOW)
    verify(made, x509.DNSName("one.example"))
    verify(made, x509.DNSName("two.example"))
    assert not ensure(tmp_path, gateway_names("one.example"), NOW).changed


@pytest.mark.parametrize("lost", ["ca.crt", "ca.key", "server.crt", "server.key"])
def test_a_lost_file_is_made_again(tmp_path: Path, lost: str) -> None:
    ensure(tmp_path, NAMES, NOW)
    (tmp_path / lost).unlink()
    verify(ensure(tmp_path, NAMES, NOW), x509.DNSName("localhost"))


def test_the_operators_own_certificate_is_never_touched(tmp_path: Path) -> None:
    other = tmp_path / "other"
    ensure(other, NAMES, NOW)
    ours = read(other / "server.crt")
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "gateway.example.org")])
    own = (
        x509.CertificateBuilder(subject, subject, key.public_key(), ours.serial_number)
        .not_valid_before(ours.not_valid_before_utc)
        .not_valid_after(ours.not_valid_after_utc)
        .sign(key, hashes.SHA256())
    )
    pem = own.public_bytes(Encoding.PEM)
    (tmp_path / "server.crt").write_bytes(pem)
    with pytest.raises(CertificateError, match=r"server\.key is missing"):
        ensure(tmp_path, NAMES, NOW)
    (tmp_path / "server.key").write_bytes(b"the operator's")
    made = ensure(tmp_path, NAMES, NOW)
    assert made.authority is None
    assert not made.changed
    assert (tmp_path / "server.crt").read_bytes() == pem
    assert not (tmp_path / "ca.crt").exists()
    assert ensure(tmp_path, NAMES, NOW + 400 * DAY).expires_at < NOW + 400 * DAY


@pytest.mark.parametrize("name", ["ca.crt", "server.crt"])
def test_a_file_that_is_not_ours_is_not_overwritten(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("not a certificate")
    with pytest.raises(CertificateError):
        ensure(tmp_path, NAMES, NOW)
    assert (tmp_path / name).read_text() == "not a certificate"


def test_many_at_once_agree_on_one_certificate(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: ensure(tmp_path, NAMES, NOW), range(8)))
    assert sum(one.changed for one in made) == 1
    verify(made[0], x509.DNSName("localhost"))


def test_a_tls_client_that_trusts_the_authority_connects(tmp_path: Path) -> None:
    made = ensure(tmp_path, NAMES, datetime.now(UTC).timestamp())
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(made.chain, made.key)
    client = ssl.create_default_context(cafile=str(made.authority))
    left, right = socket.socketpair()
    answering = threading.Thread(target=lambda: server.wrap_socket(left, server_side=True).close())
    answering.start()
    with client.wrap_socket(right, server_hostname="gateway.example.org") as connection:
        assert connection.version() == "TLSv1.3"
        assert connection.getpeercert()
    answering.join(5)


@pytest.mark.parametrize("name", ["", "a b", "x;}", "$host", "a\n", "-a", "*.example.org", "é.fr"])
def test_a_server_name_is_a_host_name_or_an_address(name: str) -> None:
    with pytest.raises(ServerNameError):
        gateway_names(name)

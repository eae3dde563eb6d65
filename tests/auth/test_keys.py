import stat
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from auth.errors import KeyRingError
from auth.keys import KeyRing, create_key, rotate, sign_with


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_key_signs(directory: Path) -> None:
    kid = create_key(directory)
    assert KeyRing.load(directory).signing.kid == kid


def test_keys_are_for_their_owner_alone(directory: Path) -> None:
    kid = create_key(directory)
    assert mode(directory) == 0o700
    assert mode(directory / f"{kid}.pem") == 0o600


def test_a_directory_that_was_open_is_closed(directory: Path) -> None:
    directory.mkdir(parents=True)
    directory.chmod(0o777)
    create_key(directory)
    assert mode(directory) == 0o700


def test_a_second_key_is_published_but_does_not_sign(directory: Path) -> None:
    first, second = create_key(directory), create_key(directory)
    ring = KeyRing.load(directory)
    assert ring.signing.kid == first
    assert set(ring.keys) == {first, second}


def test_a_published_key_signs_once_it_is_told_to(directory: Path) -> None:
    first, second = create_key(directory), create_key(directory)
    sign_with(directory, second)
    ring = KeyRing.load(directory)
    assert ring.signing.kid == second
    assert first in ring.keys


def test_rotate_publishes_and_uses(directory: Path) -> None:
    old = create_key(directory)
    new = rotate(directory)
    ring = KeyRing.load(directory)
    assert ring.signing.kid == new
    assert set(ring.keys) == {old, new}


@pytest.mark.parametrize("kid", ["", "absent", "../keys", "signing", "a/b", "a\0"])
def test_only_a_published_key_can_sign(directory: Path, kid: str) -> None:
    first = create_key(directory)
    with pytest.raises(KeyRingError):
        sign_with(directory, kid)
    assert KeyRing.load(directory).signing.kid == first


def test_the_published_half_is_all_that_is_published(directory: Path) -> None:
    kids = sorted(create_key(directory) for _ in range(2))
    published = KeyRing.load(directory).jwks()["keys"]
    assert [key["kid"] for key in published] == kids
    for key in published:
        assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
        assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")
        assert len(key["x"]) == len(key["y"]) == 43


def test_a_private_key_stands_in_no_representation(directory: Path) -> None:
    create_key(directory)
    assert "PrivateKey" not in repr(KeyRing.load(directory).signing)


def test_no_key_is_a_clear_error(directory: Path) -> None:
    with pytest.raises(KeyRingError, match="no signing key"):
        KeyRing.load(directory)


def test_a_signing_key_whose_file_is_gone(directory: Path) -> None:
    kid = create_key(directory)
    (directory / f"{kid}.pem").unlink()
    with pytest.raises(KeyRingError, match=kid):
        KeyRing.load(directory)


@pytest.mark.parametrize("open_to", [0o640, 0o604, 0o660, 0o644])
def test_a_key_others_may_read_is_not_used(directory: Path, open_to: int) -> None:
    kid = create_key(directory)
    (directory / f"{kid}.pem").chmod(open_to)
    with pytest.raises(KeyRingError, match="chmod 600"):
        KeyRing.load(directory)


def test_a_directory_others_may_write_to_is_not_used(directory: Path) -> None:
    create_key(directory)
    directory.chmod(0o770)
    with pytest.raises(KeyRingError, match="chmod 700"):
        KeyRing.load(directory)


P256 = ec.generate_private_key(ec.SECP256R1())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"CANARY",
        b"-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----\n",
        P256.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
        P256.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()),
        ec.generate_private_key(ec.SECP384R1()).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
        rsa.generate_private_key(65_537, 2_048).private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        ),
    ],
    ids=["empty", "junk", "damaged", "encrypted", "DER", "P-384", "RSA"],
)
def test_a_file_that_is_no_usable_key_is_named_but_not_quoted(
    directory: Path, content: bytes
) -> None:
    create_key(directory)
    (directory / "other.pem").write_bytes(content)
    (directory / "other.pem").chmod(0o600)
    with pytest.raises(KeyRingError, match=r"other\.pem") as refused:
        KeyRing.load(directory)
    assert "CANARY" not in str(refused.value)


def test_a_key_made_elsewhere_may_be_laid_in(directory: Path) -> None:
    create_key(directory)
    path = directory / "from-a-secret-store.pem"
    path.touch(0o600)
    path.write_bytes(
        P256.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    sign_with(directory, path.stem)
    assert KeyRing.load(directory).signing.kid == path.stem


def test_other_files_are_left_alone(directory: Path) -> None:
    kid = create_key(directory)
    for name in [f".{kid}.pem.new", "notes.txt", "a b.pem"]:
        (directory / name).write_text("half of a key")
    assert set(KeyRing.load(directory).keys) == {kid}


def test_a_crash_while_writing_does_not_stop_the_next(directory: Path) -> None:
    first = create_key(directory)
    (directory / ".signing.new").write_text("half a k")
    new = rotate(directory)
    assert set(KeyRing.load(directory).keys) == {first, new}
    assert not list(directory.glob("*.new"))


def test_processes_that_start_at_once_agree_on_who_signs(directory: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from auth.keys import create_key;"
        "print(create_key(Path(sys.argv[1])))"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", program, directory], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    kids = {process.communicate()[0].decode().strip() for process in processes}
    ring = KeyRing.load(directory)
    assert set(ring.keys) == kids
    assert len(kids) == 3
    assert ring.signing.kid in kids

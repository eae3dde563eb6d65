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
from auth.keys import KeyRing, create_key, prune, rotate
from auth.schedule import MARGIN

NOW = 1_700_000_000


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "state" / "keys"


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_first_key_signs(directory: Path) -> None:
    kid = create_key(directory)
    assert KeyRing.load(directory).signing_at(NOW).kid == kid


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
    assert ring.signing_at(NOW).kid == first
    assert set(ring.keys) == {first, second}


def test_a_rotated_key_verifies_at_once_and_signs_from_its_time_on(directory: Path) -> None:
    old = create_key(directory)
    new = rotate(directory, since=NOW)
    ring = KeyRing.load(directory)
    assert set(ring.keys) == {old, new}
    assert ring.signing_at(NOW - 0.1).kid == old
    assert ring.signing_at(NOW).kid == new


def test_where_no_key_signs_there_is_nothing_to_rotate(directory: Path) -> None:
    with pytest.raises(KeyRingError, match="no signing key"):
        rotate(directory, since=NOW)


def test_a_key_is_deleted_when_the_last_token_it_signed_has_ended(directory: Path) -> None:
    old = create_key(directory)
    ring = KeyRing.load(directory)
    for life in (900, 43_200, 60):
        assert ring.signer(NOW - 10, life).kid == old
    new = rotate(directory, since=NOW)
    end = NOW + 43_200 + MARGIN
    assert prune(directory, end - 1) == []
    assert set(KeyRing.load(directory).keys) == {old, new}
    assert prune(directory, end) == [old]
    assert set(KeyRing.load(directory).keys) == {new}
    assert not (directory / f"{old}.pem").exists()


def test_how_long_a_key_has_to_verify_is_on_record_before_it_signs(directory: Path) -> None:
    """A process that loaded the ring before the rotation may still sign."""
    old = create_key(directory)
    early = KeyRing.load(directory)
    rotate(directory, since=NOW)
    early.signer(NOW - 1, 3_600)
    assert KeyRing.load(directory).schedule.ends() == {old: NOW + 3_600 + MARGIN}


def test_only_a_longer_life_than_any_before_is_written(directory: Path) -> None:
    create_key(directory)
    ring = KeyRing.load(directory)
    ring.signer(NOW, 900)
    written = (directory / "signing").stat().st_mtime_ns
    ring.signer(NOW, 900)
    KeyRing.load(directory).signer(NOW, 60)
    assert (directory / "signing").stat().st_mtime_ns == written


def test_a_key_that_cannot_promise_to_verify_does_not_sign(directory: Path) -> None:
    create_key(directory)
    ring = KeyRing.load(directory)
    (directory / "signing").write_text("\n")
    with pytest.raises(KeyRingError, match="signing cannot be read"):
        ring.signer(NOW, 900)


def test_the_key_that_signs_last_is_never_deleted(directory: Path) -> None:
    kid = create_key(directory)
    KeyRing.load(directory).signer(NOW, 900)
    assert prune(directory, NOW + 10**9) == []
    assert set(KeyRing.load(directory).keys) == {kid}


def test_a_crash_while_pruning_is_made_good_the_next_time(directory: Path) -> None:
    old = create_key(directory)
    new = rotate(directory, since=NOW)
    (directory / f"{old}.pem").unlink()
    ring = KeyRing.load(directory)
    assert set(ring.keys) == {new}
    assert prune(directory, NOW + MARGIN) == [old]
    assert [turn.kid for turn in KeyRing.load(directory).schedule.turns] == [new]


def test_a_key_taken_away_during_its_turn_signs_no_more(directory: Path) -> None:
    old = create_key(directory)
    rotate(directory, since=NOW)
    (directory / f"{old}.pem").unlink()
    with pytest.raises(KeyRingError, match="not among the keys"):
        KeyRing.load(directory).signing_at(NOW - 1)


@pytest.mark.parametrize("line", ["../keys 0 0", "a/b 0 0", "absent soon", "\0"])
def test_a_schedule_that_names_no_key_is_refused(directory: Path, line: str) -> None:
    create_key(directory)
    (directory / "signing").write_text(line)
    with pytest.raises(KeyRingError, match="signing"):
        KeyRing.load(directory)


def test_a_schedule_of_one_name_is_read_too(directory: Path) -> None:
    """As it was written before keys had turns."""
    kid = create_key(directory)
    (directory / "signing").write_text(kid)
    assert KeyRing.load(directory).signing_at(NOW).kid == kid


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
    assert "PrivateKey" not in repr(KeyRing.load(directory).signing_at(NOW))


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


def test_a_key_made_elsewhere_may_be_laid_in_and_verifies(directory: Path) -> None:
    create_key(directory)
    path = directory / "from-a-secret-store.pem"
    path.touch(0o600)
    path.write_bytes(
        P256.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    )
    assert path.stem in KeyRing.load(directory).keys
    assert prune(directory, NOW) == []


def test_other_files_are_left_alone(directory: Path) -> None:
    kid = create_key(directory)
    for name in [f".{kid}.pem.new", "notes.txt", "a b.pem"]:
        (directory / name).write_text("half of a key")
    assert set(KeyRing.load(directory).keys) == {kid}


def test_a_crash_while_writing_does_not_stop_the_next(directory: Path) -> None:
    first = create_key(directory)
    (directory / ".signing.new").write_text("half a k")
    new = rotate(directory, since=NOW)
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
    assert ring.signing_at(NOW).kid in kids

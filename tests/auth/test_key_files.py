"""Keys that are mounted as a file: several to a file, the first signs; secrets that are secrets."""

import os
import secrets
from base64 import b64encode, urlsafe_b64encode
from hashlib import sha512
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from auth.errors import KeyRingError, TokenRefusedError
from auth.key_files import load_key_file, load_secret_file
from auth.keys import KeyRing, create_key
from auth.principal import Role
from auth.tokens import TokenIssuer, TokenVerifier

NOW = 1_700_000_000
ISSUER = "https://gateway.test"
OLD, NEW = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
RANDOM = sha512(b"a secret").digest()
"""The same in every process that collects these tests: their names are made of it."""


def private(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def public(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "keys"
    path.touch(0o600)
    return path


def keys(path: Path, *blocks: bytes) -> KeyRing:
    path.write_bytes(b"# for people\n" + b"\n".join(blocks))
    return load_key_file(path)


def secret(path: Path, *lines: str) -> KeyRing:
    path.write_text("\n".join(lines))
    return load_secret_file(path)


def issue(ring: KeyRing) -> str:
    issuer = TokenIssuer(ring, ISSUER)
    return issuer.issue(subject="x", tenant="acme", role=Role.DASHBOARD, ttl=900, now=NOW)


def verifies(ring: KeyRing, token: str) -> bool:
    try:
        return TokenVerifier(ring, ISSUER).verify(token, NOW).subject == "x"
    except TokenRefusedError:
        return False


class TestKeyFile:
    def test_two_gateways_that_hold_the_file_verify_each_other_s_tokens(self, path: Path) -> None:
        one, other = keys(path, private(OLD)), load_key_file(path)
        assert verifies(other, issue(one))
        assert one.jwks() == other.jwks()

    def test_a_rotation_file_by_file_leaves_none_out(self, path: Path) -> None:
        steps = [
            keys(path, private(OLD)),
            keys(path, private(OLD), public(NEW)),
            keys(path, private(NEW), public(OLD)),
        ]
        for held, held_elsewhere in [(0, 1), (1, 0), (1, 2), (2, 1)]:
            assert verifies(steps[held], issue(steps[held_elsewhere]))
        withdrawn = keys(path, private(NEW))
        assert verifies(withdrawn, issue(steps[2]))
        assert not verifies(withdrawn, issue(steps[1]))

    def test_a_key_is_known_by_its_thumbprint(self, path: Path) -> None:
        """RFC 7638, so that all agree on its name."""
        (kid,) = keys(path, private(OLD)).keys
        assert len(kid) == 43

    @pytest.mark.parametrize(
        ("blocks", "reason"),
        [
            ([], "does not begin with a private key"),
            ([b"CANARY"], "does not begin with a private key"),
            ([public(OLD), private(NEW)], "does not begin with a private key"),
            ([private(rsa.generate_private_key(65_537, 2_048))], "no P-256 key"),
            ([private(OLD), public(ec.generate_private_key(ec.SECP384R1()))], "no P-256 key"),
            ([b"-----BEGIN PRIVATE KEY-----\nCANARY\n-----END PRIVATE KEY-----"], "no unencrypted"),
            ([private(OLD), b"-----BEGIN PUBLIC KEY-----\nCANARY\n-----END PUBLIC KEY-----"], "no"),
        ],
    )
    def test_what_holds_no_usable_key(self, path: Path, blocks: list[bytes], reason: str) -> None:
        with pytest.raises(KeyRingError, match=reason) as refused:
            keys(path, *blocks)
        assert "CANARY" not in str(refused.value)

    def test_an_absent_file_is_named(self, path: Path) -> None:
        with pytest.raises(KeyRingError, match="absent cannot be read: No such file"):
            load_key_file(path.with_name("absent"))

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o444, 0o666])
    def test_it_is_for_its_owner_alone_unless_its_mount_is_read_only(
        self, path: Path, mode: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Container runtimes mount secrets 0444, and nobody else lives in a container."""
        keys(path, private(OLD))
        path.chmod(mode)
        with pytest.raises(KeyRingError, match="chmod 600"):
            load_key_file(path)

        real = os.statvfs(path)
        mounted = os.statvfs_result((*real[:8], os.ST_RDONLY, real[9]))
        monkeypatch.setattr(os, "statvfs", lambda _: mounted)
        assert load_key_file(path).keys


class TestSecretFile:
    @pytest.mark.parametrize(
        "text",
        [
            b64encode(RANDOM[:48]).decode(),
            b64encode(RANDOM[:32]).decode(),
            urlsafe_b64encode(RANDOM[:32]).rstrip(b"=").decode(),
            RANDOM[:32].hex(),
        ],
    )
    def test_32_random_bytes_sign_and_verify(self, path: Path, text: str) -> None:
        ring = secret(path, text)
        assert verifies(ring, issue(ring))

    def test_the_first_signs_and_all_verify(self, path: Path) -> None:
        old, new = secrets.token_hex(32), secrets.token_hex(32)
        before, after = secret(path, old), secret(path, new, old)
        assert verifies(after, issue(before))
        assert not verifies(before, issue(after))

    def test_a_secret_is_published_nowhere(self, path: Path) -> None:
        text = secrets.token_hex(32)
        ring = secret(path, text)
        assert ring.jwks() == {"keys": []}
        assert text not in repr(ring.signing_at(NOW))
        assert repr(bytes.fromhex(text)) not in repr(ring.signing_at(NOW))

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("", "is empty"),
            ("\n \n", "is empty"),
            (RANDOM[:31].hex(), "less than 32 bytes"),
            (urlsafe_b64encode(RANDOM[:31]).rstrip(b"=").decode(), "less than 32 bytes"),
            ("a" * 64, "not random"),
            ("00" * 32, "not random"),
            ("0123456789abcdef" * 4, "not random"),
            ("changeit" * 8, "not random"),
            ("ThisIsTheSuperSecretKeyOfOurProductionSystem0123456789abcd==", "not random"),
            ("your-256-bit-secret!", "neither base64 nor hexadecimal"),
            ("é" * 40, "neither base64 nor hexadecimal"),
        ],
    )
    def test_a_weak_secret_is_refused_and_not_quoted(
        self, path: Path, text: str, reason: str
    ) -> None:
        with pytest.raises(KeyRingError, match=reason) as refused:
            secret(path, text)
        assert not text.strip() or text not in str(refused.value)

    def test_one_weak_secret_spoils_the_file(self, path: Path) -> None:
        with pytest.raises(KeyRingError, match="less than 32 bytes"):
            secret(path, secrets.token_hex(32), secrets.token_hex(16))


def test_what_is_signed_one_way_is_never_taken_the_other_way(path: Path, tmp_path: Path) -> None:
    directory = tmp_path / "directory"
    create_key(directory)
    es256, hs256 = KeyRing.load(directory), secret(path, secrets.token_hex(32))
    assert not verifies(hs256, issue(es256))
    assert not verifies(es256, issue(hs256))

"""Forged, mis-signed and mutated tokens, none of which may be accepted. By a seed, so that one that
was is made again by its number; the keys alone are new each time.
"""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

NOW = 1_700_000_000
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MARKERS = {"<deep>": "[" * 1_500, "<inf>": "1e999", "<nan>": "NaN", "<long>": "9" * 5_000}
"""Stand for JSON that `json.dumps` does not write."""
ALGORITHMS = ["none", "None", "", "HS256", "HS384", "HS512", "RS256", "RS512", "PS256", "ES256",
              "ES384", "EdDSA", "dir"]  # fmt: skip
MEMBERS = ["crit", "b64", "jwk", "jku", "x5u", "x5c", "x5t", "cty", "zip", "enc", "epk", "p2c"]
KIDS = ["../../dev/null", "/etc/passwd", "signing", "' OR 1=1", "a\0b", "k" * 3_000, "$(id)",
        "https://evil.test/jwks.json"]  # fmt: skip
RAW = [b"", b"1", b"null", b"[]", b"{", b"\xff", b"[" * 1_500, b'{"a":' * 1_500]

Json = dict[str, Any]
Signer = Callable[[bytes], bytes]


def encoded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def written(members: Json) -> bytes:
    text = json.dumps(members)
    for marker, raw in MARKERS.items():
        text = text.replace(json.dumps(marker), raw)
    return text.encode("utf-8", "surrogatepass")


def signed(header: bytes, claims: bytes, by: Signer) -> str:
    signing_input = f"{encoded(header)}.{encoded(claims)}"
    return f"{signing_input}.{encoded(by(signing_input.encode()))}"


@dataclass
class Target:
    """One kind of key, and a good token of it in two parts."""

    header: Json
    claims: Json
    sign: Signer
    strangers: Sequence[Signer]
    """Other keys, of the same algorithm and of others."""
    known: Sequence[bytes]
    """What an attacker knows, and a confused verifier would take for an HMAC secret."""
    free: frozenset[str] = frozenset()
    """Claims that may be missing or be anything."""

    def token(self) -> str:
        return signed(written(self.header), written(self.claims), self.sign)


class Forger:
    def __init__(self, target: Target, seed: int) -> None:
        self._target = target
        self._good = target.token()
        self._random = Random(seed)  # noqa: S311  (choices, no secrets)

    def forge(self) -> str:
        """One token, never a good one."""
        how = self._random.choice([self._forged, self._forged, self._mis_signed, self._mutated])
        token = how()
        return token if token != self._good else self.forge()

    def _forged(self) -> str:
        """Without the private key: any header, any claims, and a signature by other means."""
        target, pick = self._target, self._random.choice
        header = pick([target.header, self._wrong_header()])
        higher = target.claims | {"role": "admin", "tenant": "*"}
        claims = pick([target.claims, higher]) | {"forged": self._random.random()}
        head, body = written(header), written(claims)

        def by_hmac(signing_input: bytes) -> bytes:
            return hmac.digest(pick(target.known), signing_input, pick(DIGESTS))

        def by_hand(_: bytes) -> bytes:
            genuine = decoded(self._good.rpartition(".")[2])
            return pick([b"", b"\0" * 64, genuine, self._bytes(96)])

        return signed(head, body, pick([by_hmac, by_hand, *target.strangers]))

    def _mis_signed(self) -> str:
        """With the private key: what an issuer that errs, or another service, might sign."""
        target, pick = self._target, self._random.choice
        head, body = written(target.header), written(target.claims)
        raw = pick([*RAW, self._bytes(40)])
        parts = pick(
            [
                (written(self._wrong_header()), body),
                (head, written(self._wrong_claims())),
                (head, written(self._wrong_claims())),
                (raw, body),
                (head, raw),
            ]
        )
        return signed(*parts, target.sign)

    def _mutated(self) -> str:
        """A good token whose text, or the bytes it stands for, were damaged somewhere."""
        token, random = self._good, self._random
        at, to = random.randrange(len(token)), random.randrange(len(token))
        new = random.choice([*ALPHABET, *".=+/ \n\0", self._character()])
        parts = token.split(".")
        damaged: list[Callable[[], str]] = [
            lambda: token[:at] + new + token[at + 1 :],
            lambda: token[:at] + new + token[at:],
            lambda: token[:at] + token[to:],
            lambda: token[:at],
            lambda: token + (self._text(8) or "A"),
            lambda: ".".join(random.choices(parts, k=random.randrange(6))),
            lambda: self._bit_flipped(parts),
            lambda: "".join(random.choices(ALPHABET + ".", k=random.randrange(200))),
            lambda: self._text(60),
        ]
        return random.choice(damaged)()

    def _bit_flipped(self, parts: list[str]) -> str:
        which = self._random.randrange(3)
        raw = bytearray(decoded(parts[which]))
        raw[self._random.randrange(len(raw))] ^= 1 << self._random.randrange(8)
        return ".".join([*parts[:which], encoded(bytes(raw)), *parts[which + 1 :]])

    def _wrong_header(self) -> Json:
        """None that we would write, whoever signed it."""
        header, pick = self._target.header, self._random.choice
        without = pick(list(header))
        changed: Json = pick(
            [
                header | {"alg": pick([*ALGORITHMS, self._anything()])},
                header | {"kid": pick([*KIDS, self._text(12), self._anything()])},
                header | {"typ": pick(["JWT", "AT+JWT", "application/at+jwt", self._anything()])},
                header | {pick(MEMBERS): self._anything()},
                {name: value for name, value in header.items() if name != without},
                {self._text(5): self._anything() for _ in range(4)},
            ]
        )
        return changed if changed != header else self._wrong_header()

    def _wrong_claims(self) -> Json:
        """Break a rule, so that even the right signature must not save it."""
        claims, pick, random = self._target.claims, self._random.choice, self._random
        texts: dict[str, list[Any]] = {
            "iss": [self._text(12), "https://evil.test"],
            "aud": [self._text(12), ["other"], []],
            "sub": ["", "a b", "a\n", "x" * 129],
            "jti": ["", "a b", "a\n", "x" * 129],
            "tenant": ["", "*", "A", "../a", "-a", "a" * 64, ["acme"]],
            "role": ["Admin", "", "root", "dashboard,admin", self._text(12)],
        }
        future, past = random.randrange(6, 10**9), random.randrange(10**9)
        times: dict[str, list[Any]] = {
            "iat": [NOW + future, NOW - 43_200 - past, float(NOW), f"{NOW}", True],
            "exp": [NOW - past, NOW + 43_201 + past, NOW + 60.0, f"{NOW + 60}", True, 1 << 70],
            "nbf": [NOW + future, float(NOW), f"{NOW}", None],
            "topics": [None, "all", 7, {}, [7], [""]],
            "sensors": [None, "all", 7, {}, [7], [""]],
        }
        name = pick([name for name in (*texts, *times) if name not in self._target.free])
        if name in claims and random.random() < 0.2:
            return {other: value for other, value in claims.items() if other != name}
        if random.random() < 0.1:
            return claims | {"iat": NOW - 43_200, "exp": NOW - random.randrange(43_200)}
        wrong = pick([*(texts | times)[name], self._no_text() if name in texts else "<deep>"])
        return claims | {name: wrong}

    def _anything(self) -> Any:
        return self._random.choice([self._no_text(), self._text(20), "\ud800"])

    def _no_text(self) -> Any:
        random = self._random
        return random.choice(
            [*MARKERS, None, True, False, 0, random.randrange(-(10**9), 10**9), random.random(),
             10**400, -(10**400), [], [self._text(5)], {}, {self._text(5): 1}]
        )  # fmt: skip

    def _text(self, most: int) -> str:
        return "".join(self._character() for _ in range(self._random.randrange(most + 1)))

    def _character(self) -> str:
        return chr(self._random.choice([0, 10, 32, 46, 95, 0xE9, 0x202E, 0xD800, 0x1F600,
                                        self._random.randrange(33, 127)]))  # fmt: skip

    def _bytes(self, most: int) -> bytes:
        return self._random.randbytes(self._random.randrange(most + 1))


DIGESTS = [hashlib.sha256, hashlib.sha384, hashlib.sha512]

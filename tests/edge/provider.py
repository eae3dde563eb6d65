"""An identity provider as OpenID Connect shapes it, over TLS; its answers can be made to fail."""

import asyncio
import json
import ssl
import time
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from app.stack import certificates

AUDIENCE = "https://iaq.example"
ABSENT = "<absent>"
"""As the value of a header's member: leave it out."""
DISCOVERY, KEYS = "/realm/.well-known/openid-configuration", "/realm/keys"


def encoded(content: bytes | dict[str, Any]) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def jwk(kid: str, key: rsa.RSAPrivateKey) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    modulus = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)
    return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": encoded(modulus),
            "e": "AQAB"}  # fmt: skip


@dataclass
class Answer:
    """What is sent for a path, to the byte; `delay` in seconds before it."""

    body: bytes
    status: str = "200 OK"
    headers: tuple[str, ...] = ("Content-Type: application/json",)
    delay: float = 0


@dataclass
class Provider:
    port: int = 0
    authority: Path = Path()
    signing: dict[str, rsa.RSAPrivateKey] = field(default_factory=dict)
    changed: dict[str, Callable[[Answer], Answer]] = field(default_factory=dict)
    """By path: in place of the good answer."""
    asked: Counter[str] = field(default_factory=Counter)
    serving: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def issuer(self) -> str:
        return f"https://localhost:{self.port}/realm"

    def settings(self, **more: Any) -> dict[str, Any]:
        return {
            "identity_issuer": self.issuer,
            "identity_audience": AUDIENCE,
            "identity_ca_file": self.authority,
            **more,
        }

    def add_key(self, kid: str) -> None:
        self.signing[kid] = rsa.generate_private_key(65_537, 2_048)

    def token(self, kid: str, *, header: dict[str, Any] | None = None, **claims: Any) -> str:
        now = int(time.time())
        head = {"alg": "RS256", "kid": kid, "typ": "at+jwt"} | (header or {})
        head = {name: value for name, value in head.items() if value != ABSENT}
        body = {"iss": self.issuer, "aud": AUDIENCE, "sub": "alice", "jti": "t1", "iat": now,
                "exp": now + 600, "tenant": "acme"} | claims  # fmt: skip
        signing_input = f"{encoded(head)}.{encoded(body)}"
        signature = self.signing[kid].sign(
            signing_input.encode(), padding.PKCS1v15(), hashes.SHA256()
        )
        return f"{signing_input}.{encoded(signature)}"

    def answer(self, path: str) -> Answer:
        good = {
            DISCOVERY: {"issuer": self.issuer, "jwks_uri": f"{self.issuer}/keys"},
            KEYS: {"keys": [jwk(kid, key) for kid, key in self.signing.items()]},
        }
        answer = Answer(json.dumps(good[path]).encode())
        return self.changed[path](answer) if path in self.changed else answer

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self.serving.add(task)
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            request = await reader.readuntil(b"\r\n\r\n")
            path = request.split()[1].decode()
            self.asked[path] += 1
            answer = self.answer(path)
            await asyncio.sleep(answer.delay)
            length = f"Content-Length: {len(answer.body)}"
            head = (f"HTTP/1.1 {answer.status}", *answer.headers, length, "Connection: close")
            writer.write("\r\n".join((*head, "", "")).encode() + answer.body)
            await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        self.serving.discard(task)


@asynccontextmanager
async def provider(folder: Path) -> AsyncIterator[Provider]:
    made = certificates.ensure(folder, ["localhost"], time.time())
    assert made.authority
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(made.chain, made.key)
    running = Provider(authority=made.authority)
    running.add_key("first")
    server = await asyncio.start_server(running.serve, "127.0.0.1", 0, ssl=tls)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        for task in tuple(running.serving):
            task.cancel()
        await asyncio.gather(*running.serving, return_exceptions=True)

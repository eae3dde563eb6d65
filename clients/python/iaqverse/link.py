"""One token's way into the gateway: posts, and knows when it may try again.

What passes by itself (a limit, a restart, a refused connection) is no error for a device: `post`
answers None and keeps away until `resume_at`. Everything else is an answer.
"""

import ssl
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from random import Random
from typing import Any

import httpx2

from iaqverse.clock import Clock

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
_BACKOFF_LEAST, _BACKOFF_MOST = 0.5, 20.0
_LEAST_RETRY_AFTER, _LONGEST_RETRY_AFTER = 0.1, 3_600.0
_TIMEOUT_SECONDS = 10.0
_TOKEN_PAUSE = 20.0
"""Seconds until a refused token is shown again, at most: a person has to act."""

GetToken = Callable[[], Awaitable[str]]

Tell = Callable[[str], None]
"""Takes a line for the person who watches."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A final answer, of success or refusal."""

    status: int
    body: Any
    """Parsed JSON; None where there was none."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300  # noqa: PLR2004  (RFC 9110, 15.3: successful)

    @property
    def code(self) -> str:
        """Why it was refused: the documented error code, or the bare status."""
        return error_code(self.body) or f"http_{self.status}"


@dataclass(slots=True)
class Link:
    client: httpx2.AsyncClient
    token: str = field(repr=False)
    clock: Clock
    random: Random
    """For the jitter."""
    tell: Tell
    """Is told of each new trouble once, and when it is over."""
    resume_at: float = 0.0
    waits: Counter[str] = field(default_factory=Counter)
    """How often it had to wait, by reason."""
    failures: int = 0
    """How many posts in a row found the gateway away; a limit with its reset is none."""
    token_refused: str | None = None
    """The code, where the last answer was about the token and not about what was posted."""
    _trouble: str | None = None

    async def post(self, path: str, body: Any) -> Reply | None:
        """None: nothing was accepted, try the same again at `resume_at`."""
        if self.clock.now() < self.resume_at:
            return None
        self.token_refused = None
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            response = await self.client.post(path, json=body, headers=headers)
        except httpx2.RequestError as error:
            self.wait("unreachable", self._back_off(), str(error))
            return None
        reply = Reply(response.status_code, _json(response))
        if reply.status in _PASSING:
            wanted = _retry_after(response, self.clock.now())
            limited = reply.status == httpx2.codes.TOO_MANY_REQUESTS
            if wanted is None:
                wanted = self._back_off()
            else:
                self.failures = 0 if limited else self.failures + 1
            self.wait(reply.code, wanted)
            return None
        self.failures = 0
        self._notice(None if reply.ok else f"refused: {reply.code}")
        return reply

    def _back_off(self) -> float:
        """Seconds: full jitter between a floor and a ceiling that doubles."""
        ceiling = min(_BACKOFF_MOST, _BACKOFF_LEAST * 2 ** min(self.failures, 10))
        self.failures += 1
        return self.random.uniform(_BACKOFF_LEAST, _BACKOFF_LEAST + ceiling)

    def wait(self, reason: str, seconds: float, detail: str = "") -> None:
        """Post nothing for so long."""
        self.waits[reason] += 1
        self.resume_at = self.clock.now() + seconds
        self._notice(f"waiting: {reason}" + (f" ({detail})" if detail else ""))

    def refuse_token(self, code: str) -> None:
        """Post nothing for a while: what was posted was not looked at."""
        self.token_refused = code
        self.resume_at = self.clock.now() + _TOKEN_PAUSE * self.random.uniform(0.5, 1)

    def renew(self, token: str) -> None:
        """Go on at once, with another token."""
        self.token, self.resume_at = token, 0.0

    def _notice(self, trouble: str | None) -> None:
        if trouble != self._trouble:
            self.tell(trouble or "accepted again")
            self._trouble = trouble


def open_client(base_url: str, verify: ssl.SSLContext) -> httpx2.AsyncClient:
    """Proxies of the environment are ignored: a token goes to the gateway and to nobody else."""
    return httpx2.AsyncClient(
        base_url=base_url, verify=verify, timeout=_TIMEOUT_SECONDS, trust_env=False
    )


def trust(ca: Path | None = None) -> ssl.SSLContext:
    """The system's authorities, or the one in this file alone."""
    return ssl.create_default_context(cafile=ca)


def error_code(body: Any) -> str | None:
    """The `code` of a documented error body, whole or of one item."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    return code if isinstance(code, str) else None


def _json(response: httpx2.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return None


def _retry_after(response: httpx2.Response, now: float) -> float | None:
    """Seconds, from either form of RFC 9110, 10.2.3; None without one that makes sense."""
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdigit():
        return _bounded(float(value))
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    seconds = moment.replace(tzinfo=moment.tzinfo or UTC) - datetime.fromtimestamp(now, UTC)
    return _bounded(seconds.total_seconds())


def _bounded(seconds: float) -> float:
    return min(_LONGEST_RETRY_AFTER, max(_LEAST_RETRY_AFTER, seconds))

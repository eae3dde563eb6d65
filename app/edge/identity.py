"""The identity provider's keys: fetched beside the requests, none of which waits for it."""

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final

import structlog

from app.edge.fetch import FetchError, client, fetch
from app.settings import Settings
from auth.claims import Rules
from auth.key_sets import PublicKey, read_key_set
from auth.outside import OutsideClaims, outside_rules
from auth.principal import Role

REFRESH: Final = 900.0
"""Seconds after which the keys are fetched anew though nobody misses one."""
RETRY: Final = 60.0
"""Seconds between two fetches at least, whatever tokens name unknown keys."""
WAIT: Final = 2
"""Seconds after which a client may ask again while a fetch is under way."""

log = structlog.get_logger()


def identity_rules(settings: Settings) -> Rules | None:
    """What the provider's tokens have to be; None where none is set."""
    if not settings.identity_issuer:
        return None
    types = {None if kind == "none" else kind for kind in settings.identity_token_types}
    claims = OutsideClaims(
        tenant=settings.identity_tenant_claim,
        role=settings.identity_role_claim,
        topics=settings.identity_topics_claim,
        sensors=settings.identity_sensors_claim,
        token_id=settings.identity_token_id_claim,
        roles={theirs: Role(ours) for theirs, ours in settings.identity_roles.items()},
    )
    return outside_rules(
        settings.identity_issuer, settings.identity_audience, frozenset(types), claims
    )


class IdentityKeys:
    """Adopts what it fetched; while the provider is down, the last good keys go on verifying."""

    def __init__(
        self,
        settings: Settings,
        adopt: Callable[[Mapping[str, PublicKey]], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = settings.identity_issuer
        self._address = settings.identity_jwks_url
        self._algorithms = frozenset[str](settings.identity_algorithms)
        self._http = client(settings.identity_ca_file)
        self._adopt = adopt
        self._clock = clock
        self._keys: Mapping[str, PublicKey] = {}
        self._wanted = asyncio.Event()
        self._wanted_at = clock() - RETRY
        self._fetched_at = clock()
        self._good = False
        self.fetches: Counter[str] = Counter(ok=0, failed=0)
        """By outcome."""

    async def run(self) -> None:
        """Until cancelled."""
        async with self._http:
            while True:
                await self.refresh()
                self._wanted.clear()
                with suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH if self._good else RETRY):
                        await self._wanted.wait()

    def expected(self) -> bool:
        """Whether a key that a token names and nobody knows may be known soon.

        Asks for a fetch, at most once in `RETRY` seconds. While the provider does not answer, no
        key can be called unknown.
        """
        if self._good and self._clock() - self._wanted_at >= RETRY:
            self._wanted_at = self._clock()
            self._wanted.set()
        return self._wanted.is_set() or not self._good

    @property
    def age(self) -> float:
        """Seconds since the keys were last fetched, or since the start where they never were."""
        return self._clock() - self._fetched_at

    async def refresh(self) -> None:
        """Fetch and adopt the keys; no change where that fails."""
        try:
            keys = read_key_set(await fetch(self._http, await self._found()), self._algorithms)
        except (FetchError, ValueError) as error:
            self._good = False
            self.fetches["failed"] += 1
            log.warning("identity provider's keys could not be fetched", reason=str(error))
            return
        self._good = True
        self.fetches["ok"] += 1
        self._fetched_at = self._clock()
        if keys != self._keys:
            self._keys = keys
            self._adopt(keys)
            log.info("identity provider's keys taken over", count=len(keys))

    async def _found(self) -> str:
        """The key set's address: set, or discovered (OpenID Connect Discovery 1.0, section 4).

        A document that comes from elsewhere leads nowhere else: the address it names has to be on
        the issuer's own host and port.
        """
        if self._address:
            return self._address
        base = self._issuer.rstrip("/")
        document = await fetch(self._http, f"{base}/.well-known/openid-configuration")
        try:
            found = json.loads(document)
            issuer, address = found["issuer"], found["jwks_uri"]
        except (ValueError, TypeError, KeyError, RecursionError):
            raise FetchError("no discovery document") from None
        if issuer != self._issuer:
            raise FetchError("a discovery document of another issuer")
        if not isinstance(address, str) or not address.startswith(f"{_origin(base)}/"):
            raise FetchError("a key set on another host: set IDENTITY_JWKS_URL")
        return address


def _origin(address: str) -> str:
    scheme, _, rest = address.partition("://")
    return f"{scheme}://{rest.partition('/')[0]}"
